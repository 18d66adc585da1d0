#include "dm_identity.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace mpathd::dm {

namespace {

constexpr char kStep[] = "diskseq";

// sysfs gives these errnos for a disk that goes away. The caller must not take them for dm's own "no such device": only
// dm knows whether the map exists.
bool Vanished(int error) { return error == ENODEV || error == ENOENT || error == ENXIO; }

Failure SysfsFailure(int error) { return Vanished(error) ? Failure{ESTALE, kIdentityStep} : Failure{error, kStep}; }

std::optional<uint64_t> ParseNumber(const char* text) {
  if (*text < '0' || *text > '9') return std::nullopt;
  char* end = nullptr;
  errno = 0;
  uint64_t number = std::strtoull(text, &end, 10);
  if (errno != 0 || (*end != '\n' && *end != '\0')) return std::nullopt;
  return number;
}

}  // namespace

DeviceDirectory::~DeviceDirectory() {
  if (fd_ >= 0) close(fd_);
}

Failure DeviceDirectory::Open(const std::string& root, uint64_t dev) {
  std::string path = root + "/" + DeviceText(dev);
  fd_ = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd_ < 0) return errno == ENOENT ? Failure{} : SysfsFailure(errno);
  return ReadDiskseq(&diskseq_);
}

Failure DeviceDirectory::ReadDiskseq(std::optional<uint64_t>* diskseq) const {
  int file = openat(fd_, "diskseq", O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    // Either the kernel has no such attribute, or the disk is gone. If it is gone, "dev" is gone as well.
    int error = errno;
    if (error == ENOENT && faccessat(fd_, "dev", F_OK, 0) == 0) return {};
    return SysfsFailure(error);
  }
  char text[32];
  ssize_t length = read(file, text, sizeof text - 1);
  int error = errno;
  close(file);
  if (length < 0) return SysfsFailure(error);
  text[length] = '\0';
  *diskseq = ParseNumber(text);
  return *diskseq ? Failure{} : Failure{EBADMSG, kStep};
}

Failure DeviceDirectory::Prove() const {
  if (!exists()) return {};
  std::optional<uint64_t> now;
  Failure failure = ReadDiskseq(&now);
  if (failure) return failure;
  return now == diskseq_ ? Failure{} : Failure{ESTALE, kIdentityStep};
}

}  // namespace mpathd::dm
