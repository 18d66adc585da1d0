#pragma once

#include <napi.h>

#include <array>

#include "dm_listings.h"
#include "dm_write.h"

namespace mpathd::dm {

/** `{errno, step}`. */
Napi::Object FailureObject(Napi::Env env, const Failure& failure);
/** `{errno: null}`, to which the result is added. */
Napi::Object Success(Napi::Env env);
Napi::Array VersionArray(Napi::Env env, const std::array<uint32_t, 3>& version);
Napi::Object ListingResult(Napi::Env env, Outcome<Listing>& outcome);
Napi::Object MapResult(Napi::Env env, const Outcome<Map>& outcome);
Napi::Object SnapshotResult(Napi::Env env, const Outcome<Snapshot>& outcome);
/** `with_map`: the map was read back after the write. */
Napi::Object WrittenResult(Napi::Env env, const Written& written, bool with_map);

}  // namespace mpathd::dm
