import { createContext, type Context } from '../../src/engine/context';
import { DEFAULT_OPTIONS } from '../../src/engine/core/options';
import { findBreaches } from '../../src/engine/invariants';
import { onDrained, onSnapshot } from '../../src/engine/resync/resync';
import type { Effect, Input } from '../../src/engine/protocol';
import type { CheckOutcome } from '../../src/model/facts';
import { uuidOfWwid } from '../../src/model/identity';
import { makeMap, makePath } from '../fixtures';

const UUID = uuidOfWwid('w');
const STALE = {
  failure: { code: 'TIMED_OUT', operation: 'read', device: 'sda', errno: null },
  since: 0,
  attempts: 1,
  retryAt: 10,
} as const;
const OUTCOME: CheckOutcome = {
  state: 'up',
  message: '',
  sysfsState: null,
  accessState: null,
  preferredPath: false,
  identity: null,
  sizeSectors: null,
};

/** sda (8:0) is in mpatha of LUN w, sdb (8:16) of LUN w is free, sdc (8:32) belongs to another LUN v. */
function context(): Context {
  const ctx = createContext(DEFAULT_OPTIONS);
  ctx.store.putPath(makePath({ name: 'sda', devt: '8:0', path: { wwid: 'w', map: UUID } }));
  ctx.store.putPath(makePath({ name: 'sdb', devt: '8:16', path: { wwid: 'w' } }));
  ctx.store.putPath(makePath({ name: 'sdc', devt: '8:32', path: { wwid: 'v' } }));
  ctx.store.putMap(
    makeMap({ name: 'mpatha', wwid: 'w', devt: '253:0', groups: [{ state: 'active', devts: ['8:0'] }] }),
  );
  ctx.holders.set('8:0', new Set([UUID]));
  return ctx;
}

const checked = (path: string): Input => ({ type: 'check-done', path, outcome: OUTCOME, at: 1 });
const mapRead: Input = {
  type: 'map-read',
  asked: 1,
  by: { uuid: UUID },
  reading: { ok: false, failure: STALE.failure },
  at: 1,
};
const reload = (...devts: string[]): Effect => ({
  type: 'reload-map',
  id: 1,
  uuid: UUID,
  sizeSectors: 16384,
  udev: { skipKpartx: false, noPath: false },
  readOnly: false,
  params: `0 0 1 1 service-time 0 ${devts.length} 1 ${devts.map((devt) => `${devt} 1`).join(' ')}`,
});

interface Case {
  what: string;
  break(ctx: Context): void;
  input: Input;
  broken: string[];
}

const path = (ctx: Context, devt: string) => ctx.store.pathByDevt(devt) ?? makePath({ name: 'none', devt });
const map = (ctx: Context) =>
  ctx.store.maps.get(UUID) ?? makeMap({ name: 'none', wwid: 'w', devt: '253:0', groups: [] });

test.each<Case>([
  { what: 'all in order', break: () => undefined, input: checked('8:0#1'), broken: [] },
  {
    what: 'a free path of its LUN joins',
    break: (ctx) => ctx.effects.push(reload('8:0', '8:16')),
    input: mapRead,
    broken: [],
  },
  {
    what: "another LUN's path is to join",
    break: (ctx) => ctx.effects.push(reload('8:0', '8:32')),
    input: mapRead,
    broken: ['own-lun-only'],
  },
  {
    what: 'an unknown disk is to join',
    break: (ctx) => ctx.effects.push(reload('8:0', '9:9')),
    input: mapRead,
    broken: ['own-lun-only'],
  },
  {
    what: "another map's path is to join",
    break: (ctx) => {
      ctx.holders.set('8:16', new Set(['mpath-other']));
      ctx.effects.push(reload('8:0', '8:16'));
    },
    input: mapRead,
    broken: ['path-in-one-map'],
  },
  {
    what: 'what is in the table already stays, whatever it is',
    break: (ctx) => {
      path(ctx, '8:0').wwid = 'v';
      ctx.effects.push(reload('8:0'));
    },
    input: mapRead,
    broken: [],
  },
  {
    what: 'a stale path without a retry',
    break: (ctx) => (path(ctx, '8:16').stale = STALE),
    input: checked('8:16#1'),
    broken: ['stale-has-retry'],
  },
  {
    what: 'a stale path with a deadline',
    break: (ctx) => {
      path(ctx, '8:16').stale = STALE;
      ctx.timers.set('block sdb', 10);
    },
    input: checked('8:16#1'),
    broken: [],
  },
  {
    what: 'a stale path that is being read',
    break: (ctx) => {
      path(ctx, '8:16').stale = STALE;
      ctx.reads.set('block sdb', { asked: 1, again: false });
    },
    input: checked('8:16#1'),
    broken: [],
  },
  {
    what: 'a stale map without a retry',
    break: (ctx) => (map(ctx).stale = STALE),
    input: mapRead,
    broken: ['stale-has-retry'],
  },
  {
    what: 'a path in a map that does not name it',
    break: (ctx) => (path(ctx, '8:16').map = UUID),
    input: checked('8:16#1'),
    broken: ['membership-agrees'],
  },
  {
    what: 'a table that was read, whose disk nobody knows to be in it',
    break: (ctx) => {
      ctx.holders.clear();
      ctx.changed.maps.add(map(ctx));
    },
    input: mapRead,
    broken: ['membership-agrees'],
  },
  {
    what: 'the same, unseen when it was made: both the path and its map disagree at its next check',
    break: (ctx) => ctx.holders.clear(),
    input: checked('8:0#1'),
    broken: ['membership-agrees', 'membership-agrees'],
  },
  {
    what: "another path of the map's table, at the check of one that agrees",
    break: (ctx) =>
      Object.assign(
        map(ctx),
        makeMap({ name: 'mpatha', wwid: 'w', devt: '253:0', groups: [{ state: 'active', devts: ['8:0', '8:16'] }] }),
      ),
    input: checked('8:0#1'),
    broken: ['membership-agrees'],
  },
  {
    what: 'more than any history leaves',
    break: (ctx) => {
      for (let i = 0; i < 70_000; i++) ctx.lookedUp.add(`${i}:0`);
    },
    input: { type: 'wake', at: 1 },
    broken: ['bounded'],
  },
])('$what: $broken', (one) => {
  const ctx = context();
  one.break(ctx);
  expect(findBreaches(ctx, one.input).map(({ invariant }) => invariant)).toEqual(one.broken);
});

test('the entries that a step has changed are checked, whatever its input was', () => {
  const ctx = context();
  path(ctx, '8:16').stale = STALE;
  map(ctx).stale = STALE;
  const input: Input = { type: 'wake', at: 1 };
  expect(findBreaches(ctx, input)).toEqual([]);
  ctx.changed.paths.add(path(ctx, '8:16'));
  ctx.changed.maps.add(map(ctx));
  expect(findBreaches(ctx, input).map(({ detail }) => detail)).toEqual([
    'sdb [8:16#1] is stale and not read again',
    `mpatha (${UUID}) is stale and not read again`,
  ]);
});

test('the entries that a resync has changed are checked in the step that applies it, and not when the snapshot arrives', () => {
  const ctx = context();
  const failure = STALE.failure;
  Object.assign(ctx.resync, { phase: 'snapshot', pending: 1, cause: 'overrun' });
  ctx.seq = 2;
  onSnapshot(ctx, 1, {
    dm: { ok: false, failure },
    maps: [{ uuid: UUID, reading: { ok: false, failure } }],
    blocks: { ok: true, value: [{ name: 'sdb', reading: { ok: false, failure } }] },
  });
  expect([ctx.changed.paths.size, ctx.changed.maps.size]).toEqual([0, 0]);
  onDrained(ctx, ctx.resync.token, 0);
  // The test clears the retries, as if the engine had forgotten them.
  for (const key of ['block sdb', `map ${UUID}`] as const) ctx.timers.clear(key);
  const input: Input = {
    type: 'uevents',
    source: 'kernel',
    batch: { events: [], losses: [], refused: 0, drained: [] },
    at: 1,
  };
  expect(findBreaches(ctx, input).map(({ detail }) => detail)).toEqual([
    'sdb [8:16#1] is stale and not read again',
    `mpatha (${UUID}) is stale and not read again`,
  ]);
});

test('an entry that is not in the table any more is no breach', () => {
  const ctx = context();
  const [gone, removed] = [path(ctx, '8:16'), map(ctx)];
  gone.stale = STALE;
  removed.stale = STALE;
  ctx.store.deletePath(gone);
  ctx.store.deleteMap(removed);
  ctx.changed.paths.add(gone);
  ctx.changed.maps.add(removed);
  expect(findBreaches(ctx, { type: 'wake', at: 1 })).toEqual([]);
});
