#pragma once

#include <napi.h>

#include <chrono>
#include <memory>

#include "completions.h"
#include "dm_ioctl.h"
#include "dm_listings.h"
#include "work_pool.h"

namespace mpathd {

/**
 * Which threads a job runs on. The two lanes never wait for each other: if hundreds of checks hang on dead disks, the
 * control lane is still free for the ioctls that take these disks out of their maps.
 */
enum class Lane {
  /** device-mapper, sysfs and everything else. At most 64 threads. */
  kControl,
  /** Commands to and reads from disks. At most 256 threads. */
  kDevice,
};

/** The addon's state for each JavaScript environment (the main thread, each worker). */
class Environment {
 public:
  /** Makes the state. Called once, when the addon is loaded. */
  static void Open(Napi::Env env);
  static Environment& Of(Napi::Env env);

  WorkPool& Pool(Lane lane) { return lane == Lane::kDevice ? device_ : control_; }
  const std::shared_ptr<Completions>& completions() const { return completions_; }
  const std::shared_ptr<dm::Listings>& listings() const { return listings_; }
  const std::shared_ptr<dm::SharedControl>& dm_control() const { return dm_control_; }

 private:
  explicit Environment(Napi::Env env) : completions_(Completions::Open(env)) {}

  static constexpr std::chrono::seconds kIdle{5};
  WorkPool control_{64, kIdle};
  WorkPool device_{256, kIdle};
  std::shared_ptr<Completions> completions_;
  std::shared_ptr<dm::Listings> listings_ = std::make_shared<dm::Listings>();
  std::shared_ptr<dm::SharedControl> dm_control_ = std::make_shared<dm::SharedControl>();
};

/** Exports poolInfo(). */
void InitEnvironment(Napi::Env env, Napi::Object exports);

}  // namespace mpathd
