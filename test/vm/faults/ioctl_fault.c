/*
 * Preloaded into a daemon under test, makes its ioctls fail, hang or leave something out, as the file
 * named by MPATHD_FAULTS says. Works on any program that calls ioctl() of the C library.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/dm-ioctl.h>
#include <scsi/sg.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "rules.h"

static enum use use_of(unsigned long request, const struct dm_ioctl* dm) {
  if (request == DM_TABLE_STATUS) return dm->flags & DM_STATUS_TABLE_FLAG ? USE_TABLE : USE_STATUS;
  if (request == DM_DEV_SUSPEND) return dm->flags & DM_SUSPEND_FLAG ? USE_SUSPEND : USE_RESUME;
  return USE_ANY;
}

static void look_at_dm(struct subject* subject, const struct dm_ioctl* dm) {
  subject->use = use_of(subject->request, dm);
  subject->uuid = dm->uuid;
  subject->name = dm->name;
  /* huge_encode_dev is the C library's layout in these bits (linux/kdev_t.h). */
  subject->has_dev = dm->dev != 0;
  subject->dev_major = major(dm->dev);
  subject->dev_minor = minor(dm->dev);
}

static void look_at_disk(struct subject* subject, int fd, const void* argument) {
  struct stat node;
  if (fstat(fd, &node) == 0) {
    subject->has_dev = true;
    subject->dev_major = major(node.st_rdev);
    subject->dev_minor = minor(node.st_rdev);
  }
  const struct sg_io_hdr* header = argument;
  if (subject->request == SG_IO && header->cmdp) subject->opcode = header->cmdp[0];
}

/* Takes one map out of the list that the kernel wrote: entries are chained by `next`, an empty list is dev 0. */
static void hide_entry(struct dm_ioctl* dm, const char* name) {
  if (dm->flags & DM_BUFFER_FULL_FLAG || dm->data_start + sizeof(struct dm_name_list) > dm->data_size) return;
  struct dm_name_list *entry = (struct dm_name_list*)((char*)dm + dm->data_start), *previous = NULL;
  if (entry->dev == 0) return;
  while (strcmp(entry->name, name) != 0) {
    if (entry->next == 0) return;
    previous = entry;
    entry = (struct dm_name_list*)((char*)entry + entry->next);
  }
  if (previous)
    previous->next = entry->next ? previous->next + entry->next : 0;
  else if (entry->next)
    dm->data_start += entry->next;
  else
    entry->dev = 0;
}

static void wait_ms(long ms) {
  struct timespec rest = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
  }
}

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);

  struct rule rule;
  struct subject subject = {.request = request, .opcode = -1};
  if (known_request(request) && argument) {
    if (_IOC_TYPE(request) == DM_IOCTL)
      look_at_dm(&subject, argument);
    else
      look_at_disk(&subject, fd, argument);
  }
  if (!known_request(request) || !argument || !find_rule(&subject, &rule))
    return (int)syscall(SYS_ioctl, fd, request, argument);

  note_hit(&rule, &subject);
  if (rule.delay_ms > 0) wait_ms(rule.delay_ms);
  if (rule.error != 0 && !rule.after) {
    errno = rule.error;
    return -1;
  }
  int result = (int)syscall(SYS_ioctl, fd, request, argument);
  if (result == 0 && rule.hide[0]) hide_entry(argument, rule.hide);
  if (rule.error == 0) return result;
  errno = rule.error;
  return -1;
}
