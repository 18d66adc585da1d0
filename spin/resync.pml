/*
 * The resync protocol as a model for spin (https://spinroot.com). It has two devices, and every interleaving of a
 * kernel that changes them, a uevent socket that loses messages, readings that fail or come late, and mpathd.
 * scripts/model runs it. docs/model.md says what the model shows and what it leaves out.
 *
 * The parts of the model, and what they stand for:
 *   proctype kernel    everything that adds and removes devices; Send() is net/netlink/af_netlink.c
 *   proctype listener  native/uevent_listener.cc, Run()
 *   proctype io        src/kernel: sysfs and device-mapper readings, snapshot.ts, fence.ts
 *   proctype engine    src/engine: resync.ts, core/questions.ts, paths.ts, maps.ts; one d_step is one step(input)
 *   proctype quiet     the promise: when nothing is left to do, the tables equal the kernel's
 *
 * Events are worked on while a resync is under way. They are not kept and replayed after it: in a replay each event
 * would find the table as the snapshot made it, although the snapshot is older than the event. In the model answers
 * may be applied in any order, and the order of the questions decides. `known`, `eventAt` and the tombstones make an
 * answer yield to an event that came after its question. So nothing waits for a slow snapshot. BROKEN_STALE_SNAPSHOT
 * takes this rule away, and spin shows the effect of a snapshot that is applied over newer knowledge.
 *
 * The two devices are a path and a map, or two maps, or two paths.
 * The model leaves out what would hide a loss: dm events, udev's events, looks at holes in SEQNUM, the periodic
 * resync, the heartbeat's fence, path checks. All that these can do to the tables is to ask for another reading. The
 * model has a few such questions, at any time, as `nudges`.
 */

/* The amounts of what happens in one history. They are chosen at the start, see init. */
byte firstMap;              /* devices from this number on are maps, those below are paths */
byte actions;               /* removals and additions of devices */
byte failures;              /* readings that fail; after them none fails */
byte nudges;                /* readings that something other than an event asks for */
byte early;                 /* fences that are given up although they are only late */
byte room;                  /* messages that fit into the socket's receive buffer */

#define IS_MAP(d) ((d) >= firstMap)
#define BUFFER 2
#define BATCH 2             /* events that fit into the listener's batch */
#define MAX_ATTEMPTS 2      /* resync.ts has 5; the model only needs a last one */

#define INSTANCES 3         /* disk sequence numbers of one device: 1 exists at the start */

#define ABSENT 0            /* ENXIO, ENOENT */
#define FAILED 7            /* any other errno, a timeout: unknown */

/* Each -DBROKEN_... takes a rule away: see docs/model.md. */
#ifdef BROKEN_NO_DRAIN      /* a snapshot right after ENOBUFS, as if this reported every loss */
#define NO_DRAIN
#define NO_COUNTER
#endif

/* ---- the kernel ------------------------------------------------------------------------------ */

byte exists[2];             /* the instance that exists now, 0 for none */
byte latest[2];             /* the highest sequence number given so far */

#define ADD 0
#define REMOVE 1
#define FENCE 2

chan socket = [BUFFER] of { byte, byte, byte };   /* what, device, instance (or the fence's number) */
bool congested;             /* NETLINK_S_CONGESTED */
bool enobufs;               /* sk_err */
byte drops;                 /* sk_drops */

/*
 * netlink_broadcast_deliver and netlink_overrun: when there is no room, all messages are dropped until the queue is
 * empty. ENOBUFS is set only at the first drop; the counter counts all drops.
 */
inline Send(what, device, number) {
  if
  :: !congested && len(socket) < room -> socket!what, device, number
  :: else ->
    if
    :: !congested -> congested = true; enobufs = true
    :: else
    fi;
    drops++;
    assert(drops < 200)
  fi
}

/* netlink_rcv_wake, at the end of every recvmsg. */
inline ReceiveWake() {
  congested = congested && len(socket) > 0
}

/* ---- between the processes ------------------------------------------------------------------- */

/* The listener's batch. It is handed over as a whole, at any time. */
chan batch = [BATCH] of { byte, byte, byte };
bool lost;                  /* overruns, dropped, queue_full */
bool drained;               /* the answer to a drain request, with the drop counter */
byte drainedDrops;
byte seenDrops;             /* UeventListener::drops_ */

bool drainWanted;           /* effect `drain` */
bool fenceWanted;           /* effect `fence` */
bool fenceUnwritten;        /* input `fence-written`, failed */

#define FREE 0
#define ASKED 1
#define ANSWERED 2

/* core/questions.ts: at most one reading of each device, and one listing. Here UUID and dev_t are the same. */
byte reading[2];            /* FREE, ASKED, ANSWERED */
bool readAgain[2];
byte readValue[2];
byte listing;
bool listAgain;
bool listFailed;
byte listValue[2];

/* The snapshot is read item by item. The kernel may change in between. */
#define SNAP_MAPS 1         /* DM_LIST_DEVICES: one lock, so a cut of all maps */
#define SNAP_MAP0 2         /* then the table of each listed map */
#define SNAP_MAP1 3
#define SNAP_DISKS 4        /* readdir of /sys/block */
#define SNAP_DISK0 5        /* then the attributes of each listed disk */
#define SNAP_DISK1 6
#define SNAP_DONE 7
byte snapshot;              /* 0: none is under way; else the item that is read next */
bool snapMapsFailed, snapDisksFailed;
byte snapListed[2];
byte snapValue[2];

/* ---- the engine's state ---------------------------------------------------------------------- */

byte table[2];              /* the instance in the table, 0 for no entry */
/* maps.ts, onFirstReadingFailed: an entry from a listing. Its sequence number is not known. */
bool numberUnknown[2];
byte named[2];              /* ctx.dmNames */
bool missingListed[2], missingLookedUp[2];   /* map.missing */
bool retryDue[2];           /* timer `block NAME`, `map UUID`: the entry is stale */
bool unreadDue[2];          /* timer `dm M:m`: a map that is not in the table cannot be read */
bool listDue;               /* timer `list` */

#define IDLE 0
#define DRAINING 1
#define FENCING 2
#define SNAPSHOT 3
#define RECHECKING 4
#define PAUSING 5
byte phase;
bool again;
byte attempt;
byte notedDrops;
bool fenceAwaited;
bit fenceNumber;

/*
 * Stamps: the value of ctx.seq when something was asked, learnt or buried. Only their order has a meaning. So Settle()
 * renumbers them after each step, and forgets those with which no outstanding answer can be compared. In this way the
 * model has finitely many states, and the length of a history has no bound.
 */
#define KNOWN(d) stamp[d]                 /* path.known, map.known */
#define EVENT_AT(d) stamp[2 + (d)]        /* path.eventAt; for a map: when it was last seen */
#define READ_ASKED(d) stamp[4 + (d)]
#define LIST_ASKED stamp[6]
#define SNAP_ASKED stamp[7]               /* resync.pending */
#define TOMB(d, i) stamp[7 + (d) * INSTANCES + (i)]   /* i from 1 */
#define STAMPS (8 + 2 * INSTANCES)
byte stamp[STAMPS];
byte now;                   /* ctx.seq */

/* Registers of a step. They are no part of the state. */
hidden byte dev, value, asked, what, who, number, i, v, oldest;
hidden byte used, isQuiet, complete;

/* ---- core/questions.ts -------------------------------------------------------------------------------- */

inline RequestRead(d) {
  if
  :: reading[d] == FREE -> reading[d] = ASKED; READ_ASKED(d) = now
  :: else -> readAgain[d] = true
  fi
}

inline RequestList() {
  if
  :: listing == FREE -> listing = ASKED; LIST_ASKED = now
  :: else -> listAgain = true
  fi
}

/*
 * Sets to 0 what no later step can tell from 0. A tombstone only matters for an answer that was read before the
 * instance went. The names of the last listing only matter for a map that is not in the table.
 */
inline ForgetUnused(d) {
  i = 1;
  do
  :: i <= INSTANCES ->
    TOMB(d, i) = (((reading[d] == ANSWERED && readValue[d] == i) || snapValue[d] == i) -> TOMB(d, i) : 0);
    i++
  :: else -> break
  od;
  named[d] = (table[d] == 0 -> named[d] : 0)
}

/* sweep, and the renumbering. Drop counters are only compared, so the oldest counter in use becomes 0. */
inline Settle() {
  ForgetUnused(0);
  ForgetUnused(1);
#ifndef BROKEN_AGAIN_KEPT
  again = again && (phase == FENCING || phase == SNAPSHOT || phase == RECHECKING);
#endif
  attempt = (phase == IDLE -> 0 : attempt);
  oldest = 255;
  i = 4;
  do
  :: i < 8 ->
    if
    :: stamp[i] != 0 && stamp[i] < oldest -> oldest = stamp[i]
    :: else
    fi;
    i++
  :: else -> break
  od;
  i = 0;
  do
  :: i < STAMPS ->
    if
    :: (i < 4 && stamp[i] < oldest) || (i >= 8 && stamp[i] <= oldest) -> stamp[i] = 0
    :: else
    fi;
    i++
  :: else -> break
  od;
  v = 1;
  do
  :: v <= now ->
    used = false;
    i = 0;
    do
    :: i < STAMPS && stamp[i] == v -> used = true; break
    :: i < STAMPS && stamp[i] != v -> i++
    :: else -> break
    od;
    if
    :: used -> v++
    :: else ->
      i = 0;
      do
      :: i < STAMPS ->
        if
        :: stamp[i] > v -> stamp[i] = stamp[i] - 1
        :: else
        fi;
        i++
      :: else -> break
      od;
      now--
    fi
  :: else -> break
  od;
  if
  :: phase == FENCING || phase == SNAPSHOT || phase == RECHECKING -> v = notedDrops
  :: else -> notedDrops = 0; v = (drained -> drainedDrops : seenDrops)
  fi;
  drops = drops - v;
  seenDrops = seenDrops - v;
  drainedDrops = (drained -> drainedDrops - v : 0);
  notedDrops = (notedDrops > 0 -> notedDrops - v : 0);
  dev = 0; value = 0; asked = 0; what = 0; who = 0; number = 0; i = 0; v = 0; oldest = 0
}

/* The rule that an older answer never replaces a newer one. */
#ifdef BROKEN_STALE_SNAPSHOT
#define NotOlder(isSnapshot, condition) ((isSnapshot) || (condition))
#else
#define NotOlder(isSnapshot, condition) (condition)
#endif

/* ---- paths.ts, maps.ts ----------------------------------------------------------------------- */

/* removePath, removeMap. The second promise: exactly this instance is gone. */
inline Drop(d) {
  assert(table[d] != exists[d]);
  if
  :: numberUnknown[d]
  :: else -> TOMB(d, table[d]) = now
  fi;
  table[d] = 0;
  numberUnknown[d] = false;
  KNOWN(d) = 0;
  EVENT_AT(d) = 0;
  missingListed[d] = false;
  missingLookedUp[d] = false;
  if
  :: IS_MAP(d) -> named[d] = 0; retryDue[d] = false
  :: else
  fi
}

/* enter, and newPath: the kernel announced the disk, so it enters the table before its first reading. */
inline Enter(d, instance) {
  if
  :: table[d] < instance ->
    /* makeRoom: a name or number belongs to one disk at a time, and sequence numbers only grow. */
    if
    :: table[d] != 0 -> Drop(d)
    :: else
    fi;
    table[d] = instance;
    KNOWN(d) = 0;
    EVENT_AT(d) = now
  :: else
  fi
}

#ifdef BROKEN_UNKNOWN_NUMBER
#define LOOKS_AT_UNKNOWN(d) false
#else
#define LOOKS_AT_UNKNOWN(d) numberUnknown[d]
#endif

/* onBlockUevent, onDmUevent */
inline OnEvent(kind, d, instance) {
  if
  :: kind == FENCE ->
    if
    :: fenceAwaited && instance == fenceNumber -> AfterFence()
    :: else
    fi
  :: kind == REMOVE ->
    TOMB(d, instance) = now;
    if
    :: table[d] == instance && !numberUnknown[d] ->
      Drop(d);
      if
      :: IS_MAP(d) -> RequestRead(d)
      :: else
      fi
    :: else ->
      /* Another disk has the name, or it is not known which disk the entry is: read it. */
      if
      :: table[d] != 0 && (!IS_MAP(d) || LOOKS_AT_UNKNOWN(d)) -> RequestRead(d)
      :: else
      fi
    fi
  :: kind == ADD ->
    RequestRead(d);
    if
    :: IS_MAP(d)
    :: !IS_MAP(d) && table[d] == instance -> EVENT_AT(d) = now
    :: else -> Enter(d, instance)
    fi
  fi
}

/* applyBlockReading: `value` was read for device `dev`. The reading was asked for at `asked`. */
inline ApplyBlockReading(isSnapshot) {
  if
#ifdef BROKEN_FAILED_READ_IS_GONE
  :: value == FAILED && table[dev] != 0 -> Drop(dev)
  :: value == FAILED && table[dev] == 0
#else
  :: value == FAILED ->
    if
    :: table[dev] == 0 || asked >= KNOWN(dev) -> retryDue[dev] = true
    :: else
    fi
#endif
  :: value == ABSENT ->
    if
    :: table[dev] != 0 && NotOlder(isSnapshot, asked >= KNOWN(dev) && asked >= EVENT_AT(dev)) -> Drop(dev)
    :: else
    fi
  :: else ->
    if
    :: NotOlder(isSnapshot, TOMB(dev, value) <= asked) && table[dev] <= value ->
      Enter(dev, value);
      if
      :: NotOlder(isSnapshot, asked >= KNOWN(dev)) -> KNOWN(dev) = asked
      :: else
      fi
    :: else
    fi
  fi
}

/*
 * A map's absence is evidence only if the question came after the map was last seen (docs/design.md, "Nothing is
 * removed but on evidence of absence"). It is not enough that the question came after the question that showed the
 * map: the kernel may get two questions that are under way together in either order.
 */
#ifdef BROKEN_OVERLAPPING_EVIDENCE
#define IS_EVIDENCE(d) (asked >= KNOWN(d))
#define AskAnew(d) skip
#else
#define IS_EVIDENCE(d) (asked >= EVENT_AT(d))
#define AskAnew(d) RequestRead(d)
#endif

/* noteMissing: each half of the evidence asks for the other half. */
inline NoteMissing(d) {
  if
  :: missingListed[d] && missingLookedUp[d] -> Drop(d)
  :: !missingListed[d] -> RequestList()
  :: else -> RequestRead(d)
  fi
}

/* applyMapReading */
inline ApplyMapReading(isSnapshot) {
  if
#ifdef BROKEN_FAILED_READ_IS_GONE
  :: value == FAILED && table[dev] != 0 -> Drop(dev)
  :: value == FAILED && table[dev] == 0
#else
  :: value == FAILED ->
    if
    :: table[dev] != 0 && asked >= KNOWN(dev) -> retryDue[dev] = true
    :: table[dev] == 0 && named[dev] != 0 ->
      table[dev] = named[dev];
      numberUnknown[dev] = true;
      EVENT_AT(dev) = now;
      retryDue[dev] = true
    :: table[dev] == 0 && named[dev] == 0 -> unreadDue[dev] = true
    :: else
    fi
#endif
  :: value == ABSENT ->
    if
    :: table[dev] != 0 && NotOlder(isSnapshot, IS_EVIDENCE(dev)) -> missingLookedUp[dev] = true; NoteMissing(dev)
    :: table[dev] != 0 && !NotOlder(isSnapshot, IS_EVIDENCE(dev)) -> AskAnew(dev)
    :: else
    fi
  :: else ->
    if
    :: NotOlder(isSnapshot, TOMB(dev, value) <= asked && asked >= KNOWN(dev)) ->
      table[dev] = value;
      numberUnknown[dev] = false;
      KNOWN(dev) = asked;
      EVENT_AT(dev) = now;
      missingListed[dev] = false;
      missingLookedUp[dev] = false
    :: else
    fi
  fi
}

/*
 * applyListing for a map that the listing lacks or has. Another number or event number of a listed map would lead to a
 * reading. Both can be the same for a map that was made anew, so the model never compares them.
 */
inline ApplyListed(d, isListed, isSnapshot) {
  if
  :: isListed && table[d] == 0 && !(isSnapshot) -> RequestRead(d)
  :: isListed && table[d] != 0 && !(isSnapshot) -> missingListed[d] = false; missingLookedUp[d] = false
  :: !(isListed) && table[d] != 0 && IS_EVIDENCE(d) -> missingListed[d] = true; NoteMissing(d)
  :: !(isListed) && table[d] != 0 && !IS_EVIDENCE(d) -> AskAnew(d)
  :: else
  fi
}

/* ---- resync.ts ------------------------------------------------------------------------------- */

inline Begin() {
#ifndef BROKEN_AGAIN_KEPT
  again = false;
#endif
  if
  :: attempt < MAX_ATTEMPTS -> attempt++
  :: else
  fi;
#ifdef NO_DRAIN
  notedDrops = seenDrops;
  TakeSnapshot();
#else
  phase = DRAINING;
  drainWanted = true;
#endif
}

inline NoteLoss() {
  if
  :: phase == IDLE -> attempt = 0; Begin()
  :: phase == DRAINING   /* the drain covers this loss */
  :: else -> again = true
  fi
}

inline TakeSnapshot() {
  phase = SNAPSHOT;
  SNAP_ASKED = now;
  snapshot = SNAP_MAPS
}

inline AfterFence() {
  fenceAwaited = false;
  if
  :: phase == FENCING -> TakeSnapshot()
  :: else
  fi
}

/* onFenceOverdue. It always comes while fencing, because the heartbeat is not in the model. */
inline FenceOverdue() {
  fenceAwaited = false;
  again = true;
  if
  :: attempt >= MAX_ATTEMPTS -> TakeSnapshot()
  :: else -> Begin()
  fi
}

inline OnDrained() {
  if
  :: phase == DRAINING ->
    notedDrops = drainedDrops;
    phase = FENCING;
    fenceNumber = 1 - fenceNumber;
    fenceAwaited = true;
    fenceWanted = true
  :: phase == RECHECKING -> Recheck()
  :: else
  fi
}

inline Recheck() {
#ifdef BROKEN_NO_RECHECK
  isQuiet = true;
#else
#ifdef NO_COUNTER
  isQuiet = !again;
#else
  isQuiet = (drainedDrops == notedDrops && !again);
#endif
#endif
  if
  :: isQuiet || attempt >= MAX_ATTEMPTS -> ApplySnapshot()
  :: else -> phase = PAUSING
  fi;
  SNAP_ASKED = 0;
  snapshot = 0;
  snapMapsFailed = false;
  snapDisksFailed = false;
  snapListed[0] = 0; snapListed[1] = 0;
  snapValue[0] = 0; snapValue[1] = 0
}

/*
 * An answer may be outstanding whose question is older than the snapshot. It may show a device that the snapshot
 * rightly lacks, because the event of its removal was lost. So the question is put once more.
 */
inline AskAgainWhatIsOlder() {
  readAgain[0] = readAgain[0] || (reading[0] != FREE && READ_ASKED(0) < SNAP_ASKED);
  readAgain[1] = readAgain[1] || (reading[1] != FREE && READ_ASKED(1) < SNAP_ASKED);
  listAgain = listAgain || (listing != FREE && LIST_ASKED < SNAP_ASKED)
}

inline ApplySnapshot() {
#ifndef BROKEN_OLD_READING
  AskAgainWhatIsOlder();
#endif
  asked = SNAP_ASKED;
  complete = !snapMapsFailed && !snapDisksFailed;
  phase = ((isQuiet && complete) -> IDLE : PAUSING);
  dev = 0;
  do
  :: dev < 2 && !IS_MAP(dev) && !snapDisksFailed ->
    if
    :: snapListed[dev] != 0 -> value = snapValue[dev]; ApplyBlockReading(true)
    :: snapListed[dev] == 0 && table[dev] != 0 && asked > KNOWN(dev) -> RequestRead(dev)
    :: else
    fi;
    dev++
  :: dev < 2 && IS_MAP(dev) && !snapMapsFailed ->
    named[dev] = snapListed[dev];
    if
    :: snapListed[dev] != 0 -> value = snapValue[dev]; ApplyMapReading(true)
    :: else
    fi;
    ApplyListed(dev, snapListed[dev] != 0, true);
    dev++
  :: dev < 2 && ((IS_MAP(dev) && snapMapsFailed) || (!IS_MAP(dev) && snapDisksFailed)) -> dev++
  :: else -> break
  od
}

/* ---- processes ------------------------------------------------------------------------------- */

/*
 * A device leaves sysfs and device-mapper's hash before its `remove` is sent, and is in them before its `add` is sent
 * (drivers/base/core.c, block/genhd.c, drivers/md/dm-ioctl.c dev_remove).
 */
proctype kernel() {
  byte device, instance;
  do
  :: actions > 0 ->
    atomic {
      actions--;
      if
      :: device = 0
      :: device = 1
      fi;
      if
      :: exists[device] != 0 -> instance = exists[device]; exists[device] = 0
      :: exists[device] == 0 -> latest[device]++; instance = latest[device]; exists[device] = instance
      fi
    };
    d_step {
      Send((exists[device] == 0 -> REMOVE : ADD), device, instance);
      device = 0;
      instance = 0
    }
  :: actions > 0 -> actions = 0
  :: actions == 0 -> break
  od
}

#define WAITING 0           /* in poll() */
#define AT_SOCKET 1
#define AT_END 2            /* the socket answered EAGAIN: the drop counter comes next */

inline Woken() {
  requested = (at == WAITING -> drainWanted : requested);
  at = AT_SOCKET
}

proctype listener() {
  byte at;
  bool requested;
  byte event, device, instance;
end:
  do
  /* A request from before the reading begins is answered at the end of the reading. */
  :: d_step { at != AT_END && enobufs -> Woken(); enobufs = false; lost = true; ReceiveWake() }
  :: d_step { at != AT_END && !enobufs && len(socket) > 0 ->
      Woken();
      socket?event, device, instance;
      ReceiveWake();
      if
      :: len(batch) < BATCH -> batch!event, device, instance
      :: else -> lost = true
      fi;
      event = 0; device = 0; instance = 0
    }
  :: d_step { at != AT_END && !enobufs && len(socket) == 0 && (at == AT_SOCKET || drainWanted) ->
      Woken();
      congested = false;
      at = AT_END
    }
  :: d_step { at == AT_END ->
      at = WAITING;
#ifndef NO_COUNTER
      if
      :: drops != seenDrops -> lost = true; seenDrops = drops
      :: else
      fi;
#endif
      if
      :: requested -> drained = true; drainedDrops = seenDrops; drainWanted = false; requested = false
      :: else
      fi;
      skip
    }
  od
}

/* Items that are not there are passed over. */
inline SnapNext() {
  snapshot++;
  do
  :: snapshot == SNAP_MAP0 && !(IS_MAP(0) && snapListed[0] != 0) -> snapshot++
  :: snapshot == SNAP_MAP1 && !(IS_MAP(1) && snapListed[1] != 0) -> snapshot++
  :: snapshot == SNAP_DISK0 && !(!IS_MAP(0) && snapListed[0] != 0) -> snapshot++
  :: snapshot == SNAP_DISK1 && !(!IS_MAP(1) && snapListed[1] != 0) -> snapshot++
  :: snapshot == SNAP_DISKS && IS_MAP(0) && IS_MAP(1) -> snapshot = SNAP_DONE
  :: else -> break
  od;
  skip
}

/*
 * A reading is made some time after its question, and answered some time after it was made.
 */
proctype io() {
end:
  do
  :: d_step { reading[0] == ASKED -> reading[0] = ANSWERED; readValue[0] = exists[0] }
  :: d_step { reading[1] == ASKED -> reading[1] = ANSWERED; readValue[1] = exists[1] }
  :: d_step { listing == ASKED -> listing = ANSWERED; listValue[0] = exists[0]; listValue[1] = exists[1] }
  :: d_step { fenceWanted -> fenceWanted = false; Send(FENCE, 0, fenceNumber) }
  :: d_step { snapshot == SNAP_MAPS ->
      if
      :: IS_MAP(0) -> snapListed[0] = exists[0]
      :: else
      fi;
      if
      :: IS_MAP(1) -> snapListed[1] = exists[1]
      :: else
      fi;
      SnapNext()
    }
  :: d_step { snapshot == SNAP_DISKS ->
      if
      :: !IS_MAP(0) -> snapListed[0] = (exists[0] != 0)
      :: else
      fi;
      if
      :: !IS_MAP(1) -> snapListed[1] = (exists[1] != 0)
      :: else
      fi;
      SnapNext()
    }
  :: d_step { snapshot == SNAP_MAP0 || snapshot == SNAP_DISK0 -> snapValue[0] = exists[0]; SnapNext() }
  :: d_step { snapshot == SNAP_MAP1 || snapshot == SNAP_DISK1 -> snapValue[1] = exists[1]; SnapNext() }
  :: d_step { failures > 0 && reading[0] == ASKED -> failures--; reading[0] = ANSWERED; readValue[0] = FAILED }
  :: d_step { failures > 0 && reading[1] == ASKED -> failures--; reading[1] = ANSWERED; readValue[1] = FAILED }
  :: d_step { failures > 0 && listing == ASKED -> failures--; listing = ANSWERED; listFailed = true }
  :: d_step { failures > 0 && fenceWanted -> failures--; fenceWanted = false; fenceUnwritten = true }
  :: d_step { failures > 0 && snapshot == SNAP_MAPS -> failures--; snapMapsFailed = true; SnapNext() }
  :: d_step { failures > 0 && snapshot == SNAP_DISKS -> failures--; snapDisksFailed = true; SnapNext() }
  :: d_step { failures > 0 && (snapshot == SNAP_MAP0 || snapshot == SNAP_DISK0) -> failures--; snapValue[0] = FAILED; SnapNext() }
  :: d_step { failures > 0 && (snapshot == SNAP_MAP1 || snapshot == SNAP_DISK1) -> failures--; snapValue[1] = FAILED; SnapNext() }
  od
}

/* onBlockReading, onMapReading: a question that came up meanwhile is put before the answer is used. */
inline OnReading(d) {
  now++;
  dev = d;
  value = readValue[dev];
  asked = READ_ASKED(dev);
  reading[dev] = FREE;
  readValue[dev] = 0;
  READ_ASKED(dev) = 0;
  if
  :: readAgain[dev] -> readAgain[dev] = false; RequestRead(dev)
  :: else
  fi;
  if
  :: IS_MAP(dev) -> ApplyMapReading(false)
  :: else -> ApplyBlockReading(false)
  fi;
  Settle()
}

#define FENCE_IS_LOST (!(socket??[eval(FENCE), eval(0), eval(fenceNumber)]) && !(batch??[eval(FENCE), eval(0), eval(fenceNumber)]))

proctype engine() {
end:
  do
  /* engine.ts, onBatch: events, then losses, then answers to drain requests */
  :: d_step { len(batch) > 0 || lost || drained ->
      now++;
      do
      :: len(batch) > 0 -> batch?what, who, number; OnEvent(what, who, number)
      :: len(batch) == 0 -> break
      od;
      if
      :: lost -> lost = false; NoteLoss()
      :: else
      fi;
      if
      :: drained -> drained = false; OnDrained()
      :: else
      fi;
      Settle()
    }
  :: d_step { reading[0] == ANSWERED -> OnReading(0) }
  :: d_step { reading[1] == ANSWERED -> OnReading(1) }
  :: d_step { listing == ANSWERED ->
      now++;
      asked = LIST_ASKED;
      listing = FREE;
      LIST_ASKED = 0;
      if
      :: listAgain -> listAgain = false; RequestList()
      :: else
      fi;
      if
      :: listFailed -> listDue = true
      :: else ->
        dev = 0;
        do
        :: dev < 2 && IS_MAP(dev) -> named[dev] = listValue[dev]; ApplyListed(dev, listValue[dev] != 0, false); dev++
        :: dev < 2 && !IS_MAP(dev) -> dev++
        :: else -> break
        od
      fi;
      listFailed = false; listValue[0] = 0; listValue[1] = 0;
      Settle()
    }
  :: d_step { snapshot == SNAP_DONE && phase == SNAPSHOT ->
      now++;
#ifdef BROKEN_NO_RECHECK
      Recheck();
#else
      phase = RECHECKING;
      drainWanted = true;
#endif
      Settle()
    }
  :: d_step { fenceUnwritten -> now++; fenceUnwritten = false; AfterFence(); Settle() }
  /* timers come at any time, but a fence is given up early only `early` times */
  :: d_step { retryDue[0] -> now++; retryDue[0] = false; RequestRead(0); Settle() }
  :: d_step { retryDue[1] -> now++; retryDue[1] = false; RequestRead(1); Settle() }
  :: d_step { unreadDue[0] -> now++; unreadDue[0] = false; RequestRead(0); Settle() }
  :: d_step { unreadDue[1] -> now++; unreadDue[1] = false; RequestRead(1); Settle() }
  :: d_step { listDue -> now++; listDue = false; RequestList(); Settle() }
  :: d_step { phase == PAUSING -> now++; Begin(); Settle() }
  :: d_step { fenceAwaited && !fenceWanted && !fenceUnwritten && FENCE_IS_LOST -> now++; FenceOverdue(); Settle() }
  :: d_step { fenceAwaited && !fenceWanted && !fenceUnwritten && !(FENCE_IS_LOST) && early > 0 -> early--; now++; FenceOverdue(); Settle() }
  :: d_step { nudges > 0 -> nudges--; now++; RequestRead(0); Settle() }
  :: d_step { nudges > 0 -> nudges--; now++; RequestRead(1); Settle() }
  :: d_step { nudges > 0 -> nudges--; now++; RequestList(); Settle() }
  od
}

/*
 * The first promise. `timeout` holds when nothing else can move: no action is left, no question is under way, no timer
 * is set. The third promise is that every history ends so: scripts/model has spin look for cycles (there is no progress
 * label, so each cycle would be one without progress), and there are none.
 */
proctype quiet() {
  timeout ->
    assert(phase == IDLE);
    assert(table[0] == exists[0]);
    assert(table[1] == exists[1])
}

inline Mix(theFirstMap, theActions, theFailures, theNudges, theEarly, theRoom) {
  firstMap = theFirstMap;
  actions = theActions;
  failures = theFailures;
  nudges = theNudges;
  early = theEarly;
  room = theRoom
}

init {
  d_step {
    exists[0] = 1; exists[1] = 1;
    latest[0] = 1; latest[1] = 1
  };
  atomic {
    if
#ifdef ACTIONS              /* a single mix, given on spin's command line */
    :: Mix(FIRST_MAP, ACTIONS, FAILURES, NUDGES, EARLY, ROOM)
#else
    /* kinds, actions, failures, nudges, early, room */
    :: Mix(1, 3, 0, 0, 0, 1)
    :: Mix(1, 2, 1, 0, 0, 1)
    :: Mix(1, 2, 0, 1, 0, 1)
    :: Mix(1, 2, 0, 0, 1, 1)
    :: Mix(1, 1, 2, 0, 0, 1)
    :: Mix(1, 3, 0, 0, 0, 2)
    :: Mix(0, 2, 1, 0, 0, 1)
    :: Mix(2, 2, 1, 0, 0, 1)
#endif
    fi;
    if
    :: /* at work, everything is known */ table[0] = 1; table[1] = 1
    :: /* just started */ d_step { now++; Begin() }
    fi;
    run kernel();
    run listener();
    run io();
    run engine();
    run quiet()
  }
}
