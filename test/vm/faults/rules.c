#define _GNU_SOURCE
#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_RULES = 32 };

struct named {
  const char* name;
  unsigned long value;
};

#define NAMED(x) \
  { #x, x }
static const struct named requests[] = {
    NAMED(DM_VERSION),      NAMED(DM_REMOVE_ALL),         NAMED(DM_LIST_DEVICES), NAMED(DM_DEV_CREATE),
    NAMED(DM_DEV_REMOVE),   NAMED(DM_DEV_RENAME),         NAMED(DM_DEV_SUSPEND),  NAMED(DM_DEV_STATUS),
    NAMED(DM_DEV_WAIT),     NAMED(DM_TABLE_LOAD),         NAMED(DM_TABLE_CLEAR),  NAMED(DM_TABLE_DEPS),
    NAMED(DM_TABLE_STATUS), NAMED(DM_LIST_VERSIONS),      NAMED(DM_TARGET_MSG),   NAMED(DM_DEV_SET_GEOMETRY),
    NAMED(DM_DEV_ARM_POLL), NAMED(DM_GET_TARGET_VERSION), NAMED(SG_IO),           NAMED(BLKGETSIZE64),
};
static const struct named errors[] = {
    NAMED(EPERM),  NAMED(ENOENT), NAMED(EINTR),  NAMED(EIO),       NAMED(ENXIO),  NAMED(EAGAIN),
    NAMED(ENOMEM), NAMED(EACCES), NAMED(EFAULT), NAMED(EBUSY),     NAMED(EEXIST), NAMED(ENODEV),
    NAMED(EINVAL), NAMED(ENOSPC), NAMED(ENOTTY), NAMED(ETIMEDOUT),
};
static const struct named uses[] = {
    {"table", USE_TABLE},
    {"status", USE_STATUS},
    {"suspend", USE_SUSPEND},
    {"resume", USE_RESUME},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rule rules[MAX_RULES];
static size_t rule_count;
static struct stat read_from;
static unsigned short dice[3] = {1, 2, 3};

/* A rule that is not understood must not look like one that never applies. */
static void reject(const char* line) {
  fprintf(stderr, "ioctl_fault: bad rule: %s\n", line);
  abort();
}

static unsigned long value_of(const struct named* table, size_t size, const char* name, const char* line) {
  for (size_t i = 0; i < size; i++)
    if (strcmp(table[i].name, name) == 0) return table[i].value;
  reject(line);
  return 0;
}
#define VALUE(table, name, line) value_of(table, sizeof(table) / sizeof(*(table)), name, line)

static void set(struct rule* rule, const char* key, const char* value, const char* line) {
  if (strcmp(key, "uuid") == 0)
    snprintf(rule->uuid, WORD, "%s", value);
  else if (strcmp(key, "name") == 0)
    snprintf(rule->name, WORD, "%s", value);
  else if (strcmp(key, "hide") == 0)
    snprintf(rule->hide, WORD, "%s", value);
  else if (strcmp(key, "dev") == 0)
    rule->has_dev = sscanf(value, "%u:%u", &rule->dev_major, &rule->dev_minor) == 2 || (reject(line), false);
  else if (strcmp(key, "only") == 0)
    rule->use = (enum use)VALUE(uses, value, line);
  else if (strcmp(key, "opcode") == 0)
    rule->opcode = (int)strtol(value, NULL, 0);
  else if (strcmp(key, "errno") == 0)
    rule->error = (int)VALUE(errors, value, line);
  else if (strcmp(key, "after") == 0)
    rule->after = strcmp(value, "0") != 0;
  else if (strcmp(key, "delay_ms") == 0)
    rule->delay_ms = strtol(value, NULL, 10);
  else if (strcmp(key, "count") == 0)
    rule->count = strtol(value, NULL, 10);
  else if (strcmp(key, "probability") == 0)
    rule->probability = strtod(value, NULL);
  else
    reject(line);
}

static void add_rule(const char* line) {
  char copy[1024], *rest = NULL;
  snprintf(copy, sizeof copy, "%s", line);
  const char* request = strtok_r(copy, " \t\r\n", &rest);
  if (!request || request[0] == '#') return;
  if (rule_count == MAX_RULES) reject(line);
  struct rule* rule = &rules[rule_count++];
  *rule = (struct rule){.request = VALUE(requests, request, line), .opcode = -1, .count = -1, .probability = 1};
  for (char* word; (word = strtok_r(NULL, " \t\r\n", &rest));) {
    char* equals = strchr(word, '=');
    if (!equals) reject(line);
    *equals = '\0';
    set(rule, word, equals + 1, line);
  }
}

/* The tests replace the file by rename, so a change is a new inode; an unchanged one keeps its counts. */
static void refresh(void) {
  const char* path = getenv("MPATHD_FAULTS");
  struct stat now;
  if (!path || stat(path, &now) != 0) {
    rule_count = 0;
    memset(&read_from, 0, sizeof read_from);
    return;
  }
  if (now.st_ino == read_from.st_ino && now.st_mtim.tv_sec == read_from.st_mtim.tv_sec &&
      now.st_mtim.tv_nsec == read_from.st_mtim.tv_nsec && now.st_size == read_from.st_size)
    return;
  FILE* file = fopen(path, "re");
  if (!file) return;
  rule_count = 0;
  char line[1024];
  while (fgets(line, sizeof line, file)) add_rule(line);
  fclose(file);
  read_from = now;
}

static bool same_device(const struct rule* rule, const struct subject* subject) {
  if (!rule->uuid[0] && !rule->name[0] && !rule->has_dev) return true;
  if (rule->uuid[0] && subject->uuid && strcmp(rule->uuid, subject->uuid) == 0) return true;
  if (rule->name[0] && subject->name && strcmp(rule->name, subject->name) == 0) return true;
  return rule->has_dev && subject->has_dev && rule->dev_major == subject->dev_major &&
         rule->dev_minor == subject->dev_minor;
}

static bool applies(const struct rule* rule, const struct subject* subject) {
  return rule->request == subject->request && rule->count != 0 && (rule->use == USE_ANY || rule->use == subject->use) &&
         (rule->opcode < 0 || rule->opcode == subject->opcode) && same_device(rule, subject) &&
         (rule->probability >= 1 || erand48(dice) < rule->probability);
}

bool find_rule(const struct subject* subject, struct rule* found) {
  bool hit = false;
  pthread_mutex_lock(&lock);
  refresh();
  for (size_t i = 0; i < rule_count && !hit; i++) {
    if (!applies(&rules[i], subject)) continue;
    hit = true;
    if (rules[i].count > 0) rules[i].count--;
    *found = rules[i];
  }
  pthread_mutex_unlock(&lock);
  return hit;
}

static const char* request_name(unsigned long request) {
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
    if (requests[i].value == request) return requests[i].name;
  return NULL;
}

bool known_request(unsigned long request) { return request_name(request) != NULL; }

void note_hit(const struct rule* rule, const struct subject* subject) {
  char path[WORD + 8], line[4 * WORD];
  snprintf(path, sizeof path, "%s.hits", getenv("MPATHD_FAULTS"));
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return;
  int length =
      snprintf(line, sizeof line, "%s uuid=%s name=%s dev=%u:%u errno=%d delay_ms=%ld hide=%s\n",
               request_name(rule->request), subject->uuid ? subject->uuid : "", subject->name ? subject->name : "",
               subject->dev_major, subject->dev_minor, rule->error, rule->delay_ms, rule->hide);
  if (write(fd, line, (size_t)length) < 0) perror("ioctl_fault: hits");
  close(fd);
}
