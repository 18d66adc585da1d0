#pragma once

#include <sys/ioctl.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "dm_buffer.h"

namespace mpathd::dm {

/** The step that failed, and its errno; error 0 is success. */
struct Failure {
  int error = 0;
  const char* step = "";

  explicit operator bool() const { return error != 0; }
};

/** A value, or the failure because of which there is none. */
template <class T>
struct Outcome {
  Failure failure;
  T value{};
};

/** Step of a failure to open /dev/mapper/control: it says nothing about a device. */
inline constexpr char kOpenStep[] = "open";
/** Step of ESTALE: the answers were about different devices. */
inline constexpr char kIdentityStep[] = "identity";

/** The name of a dm command as dm-ioctl.h spells it, `DM_TABLE_STATUS`. */
const char* CommandName(unsigned long command);

/** An open /dev/mapper/control. */
class Control {
 public:
  Control() : Control(-1) {}
  /** Owns the descriptor from now on. `sysfs` is the folder with the devices' directories (tests have their own). */
  explicit Control(int fd, std::string sysfs = "/sys/dev/block") : fd_(fd), sysfs_(std::move(sysfs)) {}
  Control(Control&& other) noexcept : fd_(std::exchange(other.fd_, -1)), sysfs_(std::move(other.sysfs_)) {}
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  ~Control();

  /** errno 0, or why the control node cannot be opened. */
  static Outcome<Control> Open();

  /** One ioctl that changes something or has a bounded answer. It is never repeated. */
  Outcome<Header> Call(unsigned long command, const Request& request) const;
  /**
   * An ioctl that only reads. It is repeated with a bigger buffer until the answer fits. EBADMSG if the answer's header
   * cannot be read, ENOBUFS if the answer would be longer than kMostRoom.
   */
  Failure Ask(unsigned long command, const Request& request, Header* header, Buffer* answer) const;

  int fd() const { return fd_; }
  const std::string& sysfs() const { return sysfs_; }

 private:
  int fd_;
  std::string sysfs_;
};

/**
 * The control node that all calls share. It stays open, so that a deleted path is taken out of its map also when this
 * process, or the machine, has no descriptor left. The kernel lets any number of threads use one open control node.
 */
class SharedControl {
 public:
  /** The node, opened at the first call. If its descriptor is no longer the same device, it is opened anew. */
  Outcome<std::shared_ptr<const Control>> Get();

 private:
  std::mutex mutex_;
  std::shared_ptr<const Control> control_;
  dev_t device_ = 0;
  /** Nodes whose descriptor has become somebody else's. Their destructor would close it. */
  std::vector<std::shared_ptr<const Control>> lost_;
};

/** A request about the device with this UUID, without other fields. */
Request ByUuid(const std::string& uuid, uint32_t flags = 0);

}  // namespace mpathd::dm
