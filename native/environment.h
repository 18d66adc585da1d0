#pragma once

#include <napi.h>

#include <array>
#include <chrono>
#include <memory>

#include "completions.h"
#include "dm_ioctl.h"
#include "dm_listings.h"
#include "lanes.h"
#include "process_end.h"

namespace mpathd {

/** The addon's state for each JavaScript environment (the main thread, each worker). */
class Environment {
 public:
  /** Makes the state. Called once, when the addon is loaded. */
  static void Open(Napi::Env env);
  static Environment& Of(Napi::Env env);

  Lanes& lanes() { return lanes_; }
  ProcessEnd& end() { return end_; }
  const std::shared_ptr<Completions>& completions() const { return completions_; }
  const std::shared_ptr<dm::Listings>& listings() const { return listings_; }
  const std::shared_ptr<dm::SharedControl>& dm_control() const { return dm_control_; }

 private:
  explicit Environment(Napi::Env env) : completions_(Completions::Open(env)) {}

  Lanes lanes_;
  ProcessEnd end_;
  std::shared_ptr<Completions> completions_;
  std::shared_ptr<dm::Listings> listings_ = std::make_shared<dm::Listings>();
  std::shared_ptr<dm::SharedControl> dm_control_ = std::make_shared<dm::SharedControl>();
};

/** Exports laneInfo(). */
void InitEnvironment(Napi::Env env, Napi::Object exports);

}  // namespace mpathd
