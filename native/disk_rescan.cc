#include "disk_rescan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "unique_fd.h"

namespace mpathd {

namespace {

// Both numbers are shorter than this.
constexpr size_t kNumberLimit = 64;

int ReadLine(int directory, const char* name, std::string* line) {
  const UniqueFd fd(openat(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.ok()) return errno;
  char bytes[kNumberLimit];
  const ssize_t got = read(fd.get(), bytes, sizeof bytes);
  if (got < 0) return errno;
  line->assign(bytes, static_cast<size_t>(got));
  if (!line->empty() && line->back() == '\n') line->pop_back();
  return 0;
}

BlockError ProveIdentity(int directory, const DiskDirectory& disk) {
  std::string line;
  if (const int error = ReadLine(directory, "dev", &line)) return {error, "dev"};
  if (line != disk.devt) return {ESTALE, "identity"};
  if (!disk.diskseq) return {};
  if (const int error = ReadLine(directory, "diskseq", &line)) return {error, "diskseq"};
  if (line != std::to_string(*disk.diskseq)) return {ESTALE, "identity"};
  return {};
}

int Write(int fd, const char* text) {
  const ssize_t written = write(fd, text, strlen(text));
  return written < 0 ? errno : 0;
}

UniqueFd OpenForWriting(int directory, const char* name) {
  return UniqueFd(openat(directory, name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

BlockError RescanDisk(const DiskDirectory& disk) {
  // The handle is of one kobject: once the disk is gone, nothing below it opens, even if another disk has the name by
  // then.
  const UniqueFd directory(open(disk.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok()) return {errno, "open"};
  // The kernel follows the link `device` by names. The disk that is still there after this proves that the link was its
  // own.
  const UniqueFd rescan = OpenForWriting(directory.get(), "device/rescan");
  if (!rescan.ok()) return {errno, "device/rescan"};
  const BlockError failure = ProveIdentity(directory.get(), disk);
  if (failure.error != 0) return failure;
  if (const int error = Write(rescan.get(), "1")) return {error, "device/rescan"};
  const UniqueFd uevent = OpenForWriting(directory.get(), "uevent");
  if (!uevent.ok()) return {errno, "uevent"};
  if (const int error = Write(uevent.get(), "change")) return {error, "uevent"};
  return {};
}

}  // namespace mpathd
