#include "sysfs_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include <memory>

#include "unique_fd.h"

namespace mpathd {

namespace {

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

int ReadNames(int fd, std::vector<std::string>* names) {
  Directory directory(fdopendir(fd), closedir);
  if (!directory) {
    const int error = errno;
    close(fd);
    return error;
  }
  for (;;) {
    // Only errno distinguishes the end from a failure, see readdir(3).
    errno = 0;
    const dirent* entry = readdir(directory.get());
    if (entry == nullptr) return errno;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names->push_back(name);
  }
}

SysfsValue ReadDirectoryAt(int directory, const std::string& path) {
  SysfsValue value;
  const int fd = openat(directory, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    value.error = errno;
    return value;
  }
  std::vector<std::string> names;
  value.error = ReadNames(fd, &names);
  if (value.error != 0) return value;
  for (const std::string& name : names) value.bytes.append(name).push_back('\0');
  if (value.bytes.size() > kAttributeLimit) return {EFBIG, {}};
  return value;
}

// Binary attributes (VPD pages) come in pieces of at most a page. So a read() that does not fill the buffer may not be
// the last one: fs/kernfs/file.c, kernfs_file_read_iter.
int ReadToEnd(int fd, std::string* bytes) {
  char piece[4096];
  for (;;) {
    const ssize_t got = read(fd, piece, sizeof piece);
    if (got == 0) return 0;
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes->append(piece, static_cast<size_t>(got));
    if (bytes->size() > kAttributeLimit) return EFBIG;
  }
}

SysfsValue ReadFileAt(int directory, const std::string& path) {
  // O_NONBLOCK: if the file is a FIFO, the open must not wait for its writer.
  const UniqueFd fd(openat(directory, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.ok()) return {errno, {}};
  SysfsValue value;
  value.error = ReadToEnd(fd.get(), &value.bytes);
  if (value.error != 0) value.bytes.clear();
  return value;
}

SysfsValue ReadAttribute(int directory, const std::string& path) {
  // For an absolute path openat() ignores the directory handle.
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string::npos) return {EINVAL, {}};
  return path.back() == '/' ? ReadDirectoryAt(directory, path) : ReadFileAt(directory, path);
}

int RealPath(int fd, std::string* path) {
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  std::string buffer(PATH_MAX, '\0');
  const ssize_t length = readlink(link.c_str(), buffer.data(), buffer.size());
  if (length < 0) return errno;
  if (static_cast<size_t>(length) == buffer.size()) return ENAMETOOLONG;
  buffer.resize(static_cast<size_t>(length));
  *path = std::move(buffer);
  return 0;
}

}  // namespace

SysfsReading ReadSysfs(const SysfsRequest& request) {
  SysfsReading reading;
  const UniqueFd directory(open(request.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok()) {
    reading.error = errno;
    return reading;
  }
  reading.error = RealPath(directory.get(), &reading.realpath);
  if (reading.error != 0) return reading;
  reading.values.reserve(request.attributes.size());
  for (const std::string& attribute : request.attributes) {
    reading.values.push_back(ReadAttribute(directory.get(), attribute));
  }
  return reading;
}

int ListDirectory(const std::string& path, std::vector<std::string>* names) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? errno : ReadNames(fd, names);
}

}  // namespace mpathd
