#pragma once

#include <napi.h>

namespace mpathd {

/**
 * acceptClients(fd, most, onClients): hands over the clients of a listening socket, at most `most` in one turn of the
 * event loop. See mpathd.d.ts.
 */
Napi::Value AcceptClients(const Napi::CallbackInfo& info);

}  // namespace mpathd
