#include "block_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdlib>
#include <memory>

namespace mpathd {

namespace {

// In include/uapi/linux/fs.h since 5.15; older headers lack it.
constexpr unsigned long kGetDiskSeq = _IOR(0x12, 128, uint64_t);

BlockError ProveIdentity(int fd, const BlockDevice& device) {
  struct stat status;
  if (fstat(fd, &status) != 0) return {errno, "fstat"};
  if (!S_ISBLK(status.st_mode)) return {ESTALE, "identity"};
  if (status.st_rdev != makedev(device.major, device.minor)) return {ESTALE, "identity"};
  if (!device.diskseq) return {};
  uint64_t diskseq = 0;
  if (ioctl(fd, kGetDiskSeq, &diskseq) != 0) {
    // Old kernels do not know the ioctl. Then the device number alone is the proof.
    if (errno == ENOTTY || errno == EINVAL) return {};
    return {errno, "BLKGETDISKSEQ"};
  }
  if (diskseq != *device.diskseq) return {ESTALE, "identity"};
  return {};
}

}  // namespace

UniqueFd OpenBlockDevice(const BlockDevice& device, int more_flags, BlockError* failure) {
  // O_NONBLOCK: sd_open then does not wait for a medium (drivers/scsi/sd.c).
  UniqueFd fd(open(device.node.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | more_flags));
  *failure = fd.ok() ? ProveIdentity(fd.get(), device) : BlockError{errno, "open"};
  if (failure->error != 0) return UniqueFd();
  return fd;
}

BlockError DirectRead(int fd, size_t* bytes) {
  int block_size = 0;
  if (ioctl(fd, BLKSSZGET, &block_size) != 0) return {errno, "BLKSSZGET"};
  if (block_size < 512 || block_size > 65536) return {ERANGE, "BLKSSZGET"};
  const size_t length = static_cast<size_t>(block_size);
  // Page alignment is enough for the dma_alignment of every queue.
  const size_t alignment = 4096;
  const std::unique_ptr<void, void (*)(void*)> buffer(
      std::aligned_alloc(alignment, (length + alignment - 1) / alignment * alignment), std::free);
  if (!buffer) return {ENOMEM, "read"};
  const ssize_t got = pread(fd, buffer.get(), length, 0);
  if (got < 0) return {errno, "read"};
  *bytes = static_cast<size_t>(got);
  return {};
}

}  // namespace mpathd
