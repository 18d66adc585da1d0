/* The rules of the fault library: what fails, and how. See README.md for the file's format. */
#ifndef RULES_H
#define RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { WORD = 192 };

/* Which use of a device-mapper command is meant; they differ by a flag only. */
enum use { USE_ANY, USE_TABLE, USE_STATUS, USE_SUSPEND, USE_RESUME };

struct rule {
  unsigned long request;
  enum use use;
  /* Any one of these that fits makes it fit; none given fits every device. */
  char uuid[WORD], name[WORD];
  bool has_dev;
  unsigned dev_major, dev_minor;
  int opcode; /* first byte of the SCSI command; -1 for any */
  int error;  /* 0: the call goes through */
  bool after; /* the call is made, and then reported as failed */
  long delay_ms;
  long count; /* how often it still applies; -1 for ever */
  double probability;
  char hide[WORD]; /* a map to leave out of DM_LIST_DEVICES */
};

/* What a call is about, as far as it can be told from its arguments. */
struct subject {
  unsigned long request;
  enum use use;
  const char *uuid, *name;
  bool has_dev;
  unsigned dev_major, dev_minor;
  int opcode;
};

/* The rule for this call, copied, with its count taken down by one. False if none applies. */
bool find_rule(const struct subject* subject, struct rule* found);

/* Notes an injected fault in the file that the tests read. */
void note_hit(const struct rule* rule, const struct subject* subject);

/* True for a request that some rule could be about. */
bool known_request(unsigned long request);

#endif
