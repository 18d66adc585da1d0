// sources: native/file_call.cc native/sysfs_reader.cc
#include "file_call.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>

#include "check.h"
#include "temporary_directory.h"

using mpathd::CallFile;
using mpathd::FileAnswer;
using mpathd::FileCall;
using mpathd::FileRequest;

namespace {

FileRequest ByName(FileCall call, const std::string& path, const std::string& target = "") {
  FileRequest request;
  request.call = call;
  request.path = path;
  request.target = target;
  request.mode = 0700;
  return request;
}

FileRequest ByFd(FileCall call, int fd) {
  FileRequest request;
  request.call = call;
  request.fd = fd;
  return request;
}

int Opened(const std::string& path, int flags) {
  FileRequest request = ByName(FileCall::kOpen, path);
  request.flags = flags;
  request.mode = 0600;
  const FileAnswer answer = CallFile(request);
  CHECK_EQ(answer.error, 0);
  return static_cast<int>(answer.number);
}

FileAnswer Written(int fd, const std::string& bytes, std::optional<off_t> position = {}) {
  FileRequest request = ByFd(FileCall::kWrite, fd);
  request.bytes = bytes;
  request.position = position;
  return CallFile(request);
}

FileAnswer ReadAt(int fd, size_t length, std::optional<off_t> position = {}) {
  FileRequest request = ByFd(FileCall::kRead, fd);
  request.length = length;
  request.position = position;
  return CallFile(request);
}

}  // namespace

TEST(writes_reads_and_cuts_a_file) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/file";
  const int fd = Opened(path, O_RDWR | O_CREAT | O_EXCL);
  CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  CHECK_EQ(Written(fd, "0123456789").number, 10);
  CHECK_EQ(Written(fd, "ab", 2).number, 2);
  CHECK_EQ(ReadAt(fd, 100, 0).bytes, std::string("01ab456789"));
  CHECK_EQ(ReadAt(fd, 100).bytes, std::string());
  FileRequest cut = ByFd(FileCall::kTruncate, fd);
  cut.length = 4;
  CHECK_EQ(CallFile(cut).error, 0);
  CHECK_EQ(CallFile(ByFd(FileCall::kStatus, fd)).status.st_size, 4);
  CHECK_EQ(CallFile(ByFd(FileCall::kSync, fd)).error, 0);
  CHECK_EQ(CallFile(ByFd(FileCall::kClose, fd)).error, 0);
  CHECK_EQ(CallFile(ByFd(FileCall::kClose, fd)).error, EBADF);
}

TEST(renames_links_removes_and_lists) {
  TemporaryDirectory directory;
  const std::string at = directory.path() + "/";
  close(Opened(at + "a", O_WRONLY | O_CREAT));
  CHECK_EQ(CallFile(ByName(FileCall::kMakeDirectory, at + "d")).error, 0);
  CHECK_EQ(CallFile(ByName(FileCall::kMakeDirectory, at + "d")).error, EEXIST);
  CHECK_EQ(CallFile(ByName(FileCall::kRename, at + "a", at + "d/b")).error, 0);
  CHECK_EQ(CallFile(ByName(FileCall::kLink, at + "d/b", at + "d/c")).error, 0);
  CHECK_EQ(CallFile(ByName(FileCall::kUnlink, at + "d/b")).error, 0);
  CHECK_EQ(CallFile(ByName(FileCall::kUnlink, at + "d/b")).error, ENOENT);
  CHECK_EQ(CallFile(ByName(FileCall::kNames, at + "d")).bytes, std::string("c\0", 2));
  CHECK_EQ(symlink((at + "d").c_str(), (at + "l").c_str()), 0);
  CHECK(S_ISLNK(CallFile(ByName(FileCall::kLinkStatusAt, at + "l")).status.st_mode));
  CHECK(S_ISDIR(CallFile(ByName(FileCall::kStatusAt, at + "l")).status.st_mode));
  CHECK_EQ(CallFile(ByName(FileCall::kReadLink, at + "l")).bytes, at + "d");
  CHECK_EQ(CallFile(ByName(FileCall::kReadLink, at + "d")).error, EINVAL);
  CHECK_EQ(CallFile(ByName(FileCall::kRealPath, at + "l/c")).bytes,
           CallFile(ByName(FileCall::kRealPath, at + "d")).bytes + "/c");
}

TEST(a_failure_has_its_errno) {
  CHECK_EQ(CallFile(ByName(FileCall::kOpen, "/nowhere/at/all")).error, ENOENT);
  CHECK_EQ(CallFile(ByName(FileCall::kNames, "/nowhere")).error, ENOENT);
  CHECK_EQ(CallFile(ByName(FileCall::kRealPath, "/nowhere")).error, ENOENT);
  CHECK_EQ(Written(-1, "x").error, EBADF);
  CHECK_EQ(ReadAt(-1, 1).error, EBADF);
}

TEST(a_write_to_a_full_pipe_that_does_not_block_waits_for_the_reader) {
  int ends[2];
  CHECK_EQ(pipe2(ends, O_NONBLOCK), 0);
  const std::string much(300 * 1024, 'x');
  FileAnswer written;
  std::thread writer([&] { written = Written(ends[1], much); });
  size_t got = 0;
  char piece[4096];
  while (got < much.size()) {
    const ssize_t count = read(ends[0], piece, sizeof piece);
    if (count > 0) got += static_cast<size_t>(count);
  }
  writer.join();
  CHECK_EQ(written.error, 0);
  CHECK_EQ(written.number, static_cast<int64_t>(much.size()));
  close(ends[0]);
  close(ends[1]);
}
