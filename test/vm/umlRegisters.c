// Preloaded into User Mode Linux, so that it runs on processors whose registers fill more than it expects.
//
// User Mode Linux 6.1 keeps 2696 bytes of a guest process's extended registers, which is enough for AVX-512 and PKRU
// (arch/x86/um/os-Linux/registers.c). On a processor with AMX the area has 11008 bytes, and the host's kernel takes
// back the whole area or nothing (arch/x86/kernel/fpu/regset.c, xstateregs_set: EFAULT). So this library adds the
// missing bytes. They are never looked at: no guest process may use AMX, so its bits in the header are 0.
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_BYTES 65536

static __thread unsigned char area[MOST_BYTES];
static __thread size_t area_bytes;

// The size of the host's area, asked once through a process that is being traced.
static size_t host_bytes(pid_t pid) {
  if (area_bytes == 0) {
    struct iovec whole = {area, sizeof area};
    if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, NT_X86_XSTATE, &whole) < 0) return 0;
    area_bytes = whole.iov_len;
    memset(area, 0, sizeof area);
  }
  return area_bytes;
}

static long set_registers(pid_t pid, void* address, struct iovec* given) {
  const size_t bytes = host_bytes(pid);
  if (bytes <= given->iov_len) return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, address, given);
  memcpy(area, given->iov_base, given->iov_len);
  struct iovec whole = {area, bytes};
  return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, address, &whole);
}

static int is_peek(enum __ptrace_request request) {
  return request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER;
}

__attribute__((visibility("default"))) long ptrace(enum __ptrace_request request, ...) {
  va_list arguments;
  va_start(arguments, request);
  const pid_t pid = va_arg(arguments, pid_t);
  void* const address = va_arg(arguments, void*);
  void* const data = va_arg(arguments, void*);
  va_end(arguments);
  if (request == PTRACE_SETREGSET && address == (void*)NT_X86_XSTATE) return set_registers(pid, address, data);
  if (!is_peek(request)) return syscall(SYS_ptrace, request, pid, address, data);
  // The system call stores the word that the library's function returns (ptrace(2)).
  long word = 0;
  if (syscall(SYS_ptrace, request, pid, address, &word) < 0) return -1;
  errno = 0;
  return word;
}
