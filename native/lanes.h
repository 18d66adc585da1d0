#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "work_pool.h"

namespace mpathd {

/**
 * Which threads a job runs on. No lane waits for another: if every disk of a host hangs, the ioctls that take these
 * disks out of their maps still find a thread, and so do the fence, the log and the configuration.
 */
enum class Lane : size_t {
  /** What is read of device-mapper and of sysfs. */
  kReading,
  /** What changes a map. A suspend may wait for I/O in flight for as long as a disk does not answer. */
  kWrite,
  /** Commands to disks, and reads from disks. */
  kDisk,
  /** Configuration, bindings, WWIDs, journal: any file that may be on a file system that does not answer. */
  kFile,
  /** The fence: without it the daemon cannot tell whether it sees the kernel's events. */
  kFence,
  /** Log lines. One thread, so that they keep their order. */
  kLog,
};

struct LaneShape {
  const char* name;
  /** The largest number of threads. A call that hangs takes one: some 26 KiB, of which the kernel's stack has 16. */
  size_t limit;
};

/**
 * In the order of Lane. Every question has at most one call in flight for each device, so the limits are numbers of
 * devices that hang at the same time.
 */
constexpr std::array<LaneShape, 6> kLaneShapes{{
    {"reading", 512},
    {"write", 1024},
    {"disk", 1024},
    {"file", 64},
    {"fence", 16},
    {"log", 1},
}};

/** One pool for each lane. */
class Lanes {
 public:
  WorkPool& operator[](Lane lane) { return pools_[static_cast<size_t>(lane)]; }
  const WorkPool& At(size_t index) const { return pools_[index]; }

 private:
  static constexpr std::chrono::seconds kIdle{5};
  std::array<WorkPool, kLaneShapes.size()> pools_{{
      {kLaneShapes[0].limit, kIdle},
      {kLaneShapes[1].limit, kIdle},
      {kLaneShapes[2].limit, kIdle},
      {kLaneShapes[3].limit, kIdle},
      {kLaneShapes[4].limit, kIdle},
      {kLaneShapes[5].limit, kIdle},
  }};
};

}  // namespace mpathd
