#include <napi.h>

#include "environment.h"

#if __has_include("uevent_binding.h")
#include "uevent_binding.h"
#define MPATHD_UEVENTS
#endif
#if __has_include("dm_binding.h")
#include "dm_binding.h"
#define MPATHD_DEVICE_MAPPER
#endif
#if __has_include("sysfs_binding.h")
#include "sysfs_binding.h"
#define MPATHD_SYSFS
#endif
#if __has_include("scsi_binding.h")
#include "scsi_binding.h"
#define MPATHD_SCSI
#endif
#if __has_include("process_binding.h")
#include "process_binding.h"
#define MPATHD_PROCESS
#endif
#if __has_include("ipc_binding.h")
#include "ipc_binding.h"
#define MPATHD_IPC
#endif

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  mpathd::InitEnvironment(env, exports);
#ifdef MPATHD_UEVENTS
  mpathd::InitUevents(env, exports);
#endif
#ifdef MPATHD_DEVICE_MAPPER
  mpathd::InitDeviceMapper(env, exports);
#endif
#ifdef MPATHD_SYSFS
  mpathd::InitSysfs(env, exports);
#endif
#ifdef MPATHD_SCSI
  mpathd::InitScsi(env, exports);
#endif
#ifdef MPATHD_PROCESS
  mpathd::InitProcess(env, exports);
#endif
#ifdef MPATHD_IPC
  mpathd::InitIpc(env, exports);
#endif
  return exports;
}

NODE_API_MODULE(mpathd, Init)
