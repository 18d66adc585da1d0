#include <napi.h>

#include "dm_binding.h"
#include "environment.h"
#include "file_binding.h"
#include "ipc_binding.h"
#include "process_binding.h"
#include "scsi_binding.h"
#include "sysfs_binding.h"
#include "uevent_binding.h"

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  mpathd::InitEnvironment(env, exports);
  mpathd::InitUevents(env, exports);
  mpathd::InitDeviceMapper(env, exports);
  mpathd::InitSysfs(env, exports);
  mpathd::InitScsi(env, exports);
  mpathd::InitProcess(env, exports);
  mpathd::InitIpc(env, exports);
  mpathd::InitFiles(env, exports);
  return exports;
}

NODE_API_MODULE(mpathd, Init)
