// Mounts a file system that never answers on a directory, and unmounts it when standard input ends. Every call that
// walks into the directory waits for the answer to FUSE_INIT, which this program never reads.
//
//   hung_fs DIRECTORY

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  signal(SIGINT, SIG_IGN);
  const int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  const std::string options = "fd=" + std::to_string(fuse) + ",rootmode=40000,user_id=0,group_id=0";
  if (fuse < 0 || mount("hung", argv[1], "fuse", 0, options.c_str()) != 0) {
    std::fprintf(stderr, "hung_fs: %s\n", std::strerror(errno));
    return 1;
  }
  std::puts("hangs");
  std::fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) continue;
  // The end of this program closes the last descriptor of the connection: what hangs gets ENOTCONN.
  umount2(argv[1], MNT_DETACH);
  return 0;
}
