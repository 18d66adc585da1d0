#include "file_call.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <memory>
#include <vector>

#include "sysfs_reader.h"

namespace mpathd {

namespace {

FileAnswer Failure(int error) {
  FileAnswer answer;
  answer.error = error;
  return answer;
}

FileAnswer Done(int result) { return Failure(result < 0 ? errno : 0); }

FileAnswer Open(const FileRequest& request) {
  const int fd = open(request.path.c_str(), request.flags | O_CLOEXEC, request.mode);
  if (fd < 0) return Failure(errno);
  FileAnswer answer;
  answer.number = fd;
  return answer;
}

FileAnswer Read(const FileRequest& request) {
  FileAnswer answer;
  answer.bytes.resize(request.length);
  ssize_t got;
  do {
    got = request.position ? pread(request.fd, answer.bytes.data(), request.length, *request.position)
                           : read(request.fd, answer.bytes.data(), request.length);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Failure(errno);
  answer.bytes.resize(static_cast<size_t>(got));
  return answer;
}

void AwaitRoom(int fd) {
  pollfd room{fd, POLLOUT, 0};
  poll(&room, 1, -1);
}

FileAnswer Write(const FileRequest& request) {
  FileAnswer answer;
  size_t done = 0;
  while (done < request.bytes.size()) {
    const char* from = request.bytes.data() + done;
    const size_t left = request.bytes.size() - done;
    const ssize_t put = request.position ? pwrite(request.fd, from, left, *request.position + static_cast<off_t>(done))
                                         : write(request.fd, from, left);
    if (put >= 0) {
      done += static_cast<size_t>(put);
    } else if (errno == EAGAIN) {
      AwaitRoom(request.fd);
    } else if (errno != EINTR) {
      answer.error = errno;
      break;
    }
  }
  answer.number = static_cast<int64_t>(done);
  return answer;
}

FileAnswer StatusAt(const FileRequest& request, bool follow) {
  FileAnswer answer;
  const int result = follow ? stat(request.path.c_str(), &answer.status) : lstat(request.path.c_str(), &answer.status);
  if (result != 0) answer.error = errno;
  return answer;
}

FileAnswer Status(int fd) {
  FileAnswer answer;
  if (fstat(fd, &answer.status) != 0) answer.error = errno;
  return answer;
}

FileAnswer RealPath(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), free);
  if (!real) return Failure(errno);
  FileAnswer answer;
  answer.bytes = real.get();
  return answer;
}

FileAnswer ReadLink(const std::string& path) {
  FileAnswer answer;
  answer.bytes.resize(PATH_MAX);
  const ssize_t got = readlink(path.c_str(), answer.bytes.data(), answer.bytes.size());
  if (got < 0) return Failure(errno);
  answer.bytes.resize(static_cast<size_t>(got));
  return answer;
}

FileAnswer Names(const std::string& path) {
  std::vector<std::string> names;
  FileAnswer answer = Failure(ListDirectory(path, &names));
  for (const std::string& name : names) answer.bytes.append(name).push_back('\0');
  return answer;
}

}  // namespace

FileAnswer CallFile(const FileRequest& request) {
  switch (request.call) {
    case FileCall::kOpen:
      return Open(request);
    case FileCall::kClose:
      return Done(close(request.fd));
    case FileCall::kRead:
      return Read(request);
    case FileCall::kWrite:
      return Write(request);
    case FileCall::kSync:
      return Done(fsync(request.fd));
    case FileCall::kTruncate:
      return Done(ftruncate(request.fd, static_cast<off_t>(request.length)));
    case FileCall::kStatus:
      return Status(request.fd);
    case FileCall::kStatusAt:
      return StatusAt(request, true);
    case FileCall::kLinkStatusAt:
      return StatusAt(request, false);
    case FileCall::kRealPath:
      return RealPath(request.path);
    case FileCall::kReadLink:
      return ReadLink(request.path);
    case FileCall::kNames:
      return Names(request.path);
    case FileCall::kMakeDirectory:
      return Done(mkdir(request.path.c_str(), request.mode));
    case FileCall::kRename:
      return Done(rename(request.path.c_str(), request.target.c_str()));
    case FileCall::kLink:
      return Done(link(request.path.c_str(), request.target.c_str()));
    case FileCall::kUnlink:
      return Done(unlink(request.path.c_str()));
  }
  return Failure(EINVAL);
}

}  // namespace mpathd
