#include "dm_ioctl.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace mpathd::dm {

namespace {

// libdm begins with this size, too. The answer for a map of eight paths has under 1 KiB, a list of 150 maps has 15 KiB.
constexpr size_t kFirstRoom = 16 * 1024;
constexpr size_t kMostRoom = 64 * 1024 * 1024;

/** The number of the device behind a descriptor; 0: it is no character device. */
dev_t CharacterDevice(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) ? status.st_rdev : 0;
}

}  // namespace

const char* CommandName(unsigned long command) {
  switch (command) {
    case DM_VERSION:
      return "DM_VERSION";
    case DM_LIST_DEVICES:
      return "DM_LIST_DEVICES";
    case DM_DEV_CREATE:
      return "DM_DEV_CREATE";
    case DM_DEV_REMOVE:
      return "DM_DEV_REMOVE";
    case DM_DEV_RENAME:
      return "DM_DEV_RENAME";
    case DM_DEV_SUSPEND:
      return "DM_DEV_SUSPEND";
    case DM_DEV_STATUS:
      return "DM_DEV_STATUS";
    case DM_TABLE_LOAD:
      return "DM_TABLE_LOAD";
    case DM_TABLE_CLEAR:
      return "DM_TABLE_CLEAR";
    case DM_TABLE_STATUS:
      return "DM_TABLE_STATUS";
    case DM_TARGET_MSG:
      return "DM_TARGET_MSG";
    case DM_DEV_ARM_POLL:
      return "DM_DEV_ARM_POLL";
    case DM_GET_TARGET_VERSION:
      return "DM_GET_TARGET_VERSION";
    default:
      return "ioctl";
  }
}

Control::~Control() {
  if (fd_ >= 0) close(fd_);
}

Outcome<Control> Control::Open() {
  int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
  return {fd < 0 ? Failure{errno, kOpenStep} : Failure{}, Control(fd)};
}

Outcome<std::shared_ptr<const Control>> SharedControl::Get() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (control_ != nullptr && CharacterDevice(control_->fd()) == device_) return {{}, control_};
  Outcome<Control> opened = Control::Open();
  if (opened.failure) return {opened.failure, nullptr};
  if (control_ != nullptr) lost_.push_back(control_);
  device_ = CharacterDevice(opened.value.fd());
  control_ = std::make_shared<const Control>(std::move(opened.value));
  return {{}, control_};
}

Outcome<Header> Control::Call(unsigned long command, const Request& request) const {
  Buffer buffer = Encode(request, kFirstRoom);
  if (ioctl(fd_, command, buffer.data()) != 0) return {{errno, CommandName(command)}, {}};
  std::optional<Header> header = ParseHeader(buffer);
  if (!header) return {{EBADMSG, CommandName(command)}, {}};
  return {{}, std::move(*header)};
}

Failure Control::Ask(unsigned long command, const Request& request, Header* header, Buffer* answer) const {
  for (size_t room = kFirstRoom; room <= kMostRoom; room *= 4) {
    *answer = Encode(request, room);
    if (ioctl(fd_, command, answer->data()) != 0) return {errno, CommandName(command)};
    std::optional<Header> parsed = ParseHeader(*answer);
    if (!parsed) return {EBADMSG, CommandName(command)};
    *header = std::move(*parsed);
    if (!(header->flags & DM_BUFFER_FULL_FLAG)) return {};
  }
  return {ENOBUFS, CommandName(command)};
}

Request ByUuid(const std::string& uuid, uint32_t flags) {
  Request request;
  request.address.uuid = uuid;
  request.flags = flags;
  return request;
}

}  // namespace mpathd::dm
