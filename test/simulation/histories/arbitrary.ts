/** Histories for fast-check. Actions that led to faults elsewhere have more weight. */
import fc from 'fast-check';
import { OPERATIONS, type Operation } from '../../../src/simulator/faults';
import { FILES } from './files';
import { WRITE_OPERATIONS, type Action, type History, type Machine, type Step, type Trouble } from './history';

const place = fc.nat({ max: 7 });
const lun = fc.nat({ max: 2 });
const size = fc.constantFrom(0, 0, 0, 0, 1, 2);

const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('errno' as const),
      errno: fc.constantFrom('ENOMEM', 'EINTR', 'EIO', 'EBUSY', 'EAGAIN'),
      applied: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('late' as const), ms: fc.constantFrom(50, 500, 3_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('halfway' as const), ms: fc.constantFrom(50, 500, 3_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hang' as const), calls: fc.constantFrom(0, 0, 1, 2) }) },
);
const operations: fc.Arbitrary<Operation[] | 'all'> = fc.oneof(
  fc.constant('all' as const),
  fc.constantFrom(...OPERATIONS).map((operation) => [operation]),
);

type Weighted = { weight: number; arbitrary: fc.Arbitrary<Action> };
const often = (weight: number, arbitrary: fc.Arbitrary<Action>): Weighted => ({ weight, arbitrary });
const is = <T extends string>(what: T): fc.Arbitrary<T> => fc.constant(what);

const fabric: Weighted[] = [
  often(6, fc.record({ do: is('add-disk'), lun, port: fc.nat({ max: 4 }), slot: lun, size })),
  often(6, fc.record({ do: is('remove-disk'), disk: place, io: fc.boolean() })),
  often(4, fc.record({ do: is('replace-disk'), disk: place, lun, size })),
  often(
    3,
    fc.record({
      do: is('answer'),
      disk: place,
      answer: fc.constantFrom('up', 'down', 'ghost', 'transitioning', 'hangs'),
      io: fc.boolean(),
    }),
  ),
  often(1, fc.record({ do: is('state'), disk: place, state: fc.constantFrom('running', 'offline', 'blocked') })),
  often(
    1,
    fc.record({
      do: is('access'),
      disk: place,
      state: fc.constantFrom('active/optimized', 'active/non-optimized', 'standby'),
    }),
  ),
  often(1, fc.record({ do: is('flap'), disk: place, ms: fc.constantFrom(50, 2_000) })),
  often(3, fc.record({ do: is('remap'), disk: place, lun, size })),
  often(
    3,
    fc.record({
      do: is('swap-lun'),
      disk: place,
      lun,
      size,
      sign: fc.constantFrom('none', 'luns', 'inquiry', 'down', 'down'),
    }),
  ),
  often(1, fc.record({ do: is('rescan'), disk: place })),
  often(1, fc.record({ do: is('resize'), lun, size, all: fc.boolean() })),
  often(1, fc.record({ do: is('read-only'), disk: place, on: fc.boolean() })),
  often(1, fc.record({ do: is('claim'), disk: place, on: fc.boolean() })),
];

const others: Weighted[] = [
  often(
    1,
    fc.record({
      do: is('trigger'),
      disk: place,
      event: fc.constantFrom('change', 'add', 'remove'),
      count: fc.constantFrom(1, 3, 40),
    }),
  ),
  often(2, fc.record({ do: is('rename-map'), map: place, name: lun })),
  often(2, fc.record({ do: is('swap-names'), map: place, other: place })),
  often(2, fc.record({ do: is('remove-map'), map: place })),
  often(2, fc.record({ do: is('remake-under-alias'), map: place, lun })),
  often(2, fc.record({ do: is('reload-map'), map: place, keep: fc.nat({ max: 2 }), flip: fc.boolean() })),
  often(1, fc.record({ do: is('make-map'), lun, name: lun, table: fc.boolean() })),
  often(1, fc.record({ do: is('suspend-map'), map: place })),
  often(1, fc.record({ do: is('resume-map'), map: place })),
  often(1, fc.record({ do: is('open-map'), map: place })),
  often(1, fc.record({ do: is('close-map'), map: place })),
  often(
    1,
    fc.record({
      do: is('message-map'),
      map: place,
      disk: place,
      message: fc.constantFrom('fail_path', 'reinstate_path', 'queue_if_no_path', 'fail_if_no_path'),
    }),
  ),
  often(1, fc.record({ do: is('make-mixed-map') })),
  often(1, fc.record({ do: is('bind'), lun, name: lun })),
  often(
    2,
    fc.record({
      do: is('configure'),
      find: fc.constantFrom('on', 'on', 'strict', 'off'),
      friendly: fc.boolean(),
      ban: fc.constantFrom('nothing', 'lun', 'name'),
      lun,
      alias: fc.option(lun, { nil: null }),
    }),
  ),
  often(
    3,
    fc.record({
      do: is('command'),
      command: fc.constantFrom(
        'add-path',
        'del-path',
        'add-map',
        'del-map',
        'resync',
        'reconfigure',
        'reconfigure',
        'audit',
      ),
      at: place,
    }),
  ),
];

const own: Weighted[] = [
  often(1, fc.record({ do: is('stop') })),
  often(2, fc.record({ do: is('kill') })),
  often(
    3,
    fc.record({
      do: is('die-in-write'),
      operation: fc.constantFrom(...WRITE_OPERATIONS),
      calls: fc.integer({ min: 0, max: 4 }),
      ms: fc.constantFrom(0, 100, 2_000),
    }),
  ),
  often(4, fc.record({ do: is('start') })),
  often(
    3,
    fc.record({
      do: is('slow-file'),
      file: fc.constantFrom(...FILES),
      ms: fc.constantFrom(null, null, 500, 5_000, 15_000),
    }),
  ),
  often(1, fc.record({ do: is('release-files') })),
  often(
    1,
    fc.record({
      do: is('command-flood'),
      command: fc.constantFrom('resync', 'reconfigure', 'reconfigure', 'audit', 'add-map', 'del-path'),
      at: place,
      count: fc.constantFrom(20, 20, 300),
    }),
  ),
  often(1, fc.record({ do: is('show-flood'), count: fc.constantFrom(5, 20) })),
  often(1, fc.record({ do: is('jump'), ms: fc.constantFrom(100, 10_000, 3_600_000) })),
];

const losses: Weighted[] = [
  often(2, fc.record({ do: is('udev'), what: fc.constantFrom('stop', 'continue', 'kill', 'start') })),
  often(1, fc.record({ do: is('udev-slow'), ms: fc.constantFrom(0, 20, 4_000) })),
  often(1, fc.record({ do: is('udev-lies'), on: fc.boolean() })),
  often(1, fc.record({ do: is('udev-loss'), probability: fc.constantFrom(0, 0.5) })),
  often(4, fc.record({ do: is('listener'), away: fc.boolean() })),
  often(1, fc.record({ do: is('listener-dies'), ms: fc.constantFrom(10, 700) })),
  often(1, fc.record({ do: is('other-namespace'), count: fc.constantFrom(1, 1_000) })),
  often(1, fc.record({ do: is('message-buffer'), bytes: fc.constantFrom(8_192, 300, 200) })),
  often(3, fc.record({ do: is('flood'), count: fc.constantFrom(3, 30) })),
  often(2, fc.record({ do: is('lose'), probability: fc.constantFrom(0, 0.3, 1) })),
  often(2, fc.record({ do: is('reorder'), probability: fc.constantFrom(0, 0.5) })),
  often(
    6,
    fc.record({
      do: is('trouble'),
      trouble,
      operations,
      map: fc.option(lun, { nil: null }),
      times: fc.constantFrom(1, 3, 20),
      probability: fc.constantFrom(0.5, 1),
    }),
  ),
  often(2, fc.record({ do: is('release') })),
];

const action: fc.Arbitrary<Action> = fc.oneof(...fabric, ...others, ...own, ...losses);

/** Most actions follow within the time of one answer, some after all answers have arrived, and a few after seconds. */
const wait = fc.constantFrom(0, 0, 1, 5, 20, 20, 100, 300, 1_200, 4_000);
const unheard = fc.constantFrom(false, false, false, false, false, true);
const step: fc.Arbitrary<Step> = fc.record({ action, wait, unheard });

/**
 * With queue_without_daemon the queueing of maps stays as it is when the daemon stops. Here a daemon may be stopped at
 * any moment.
 */
const SETTINGS: ReadonlyArray<Machine['settings']> = [
  null,
  null,
  { failback: 'immediate' },
  { no_path_retry: 'queue', path_grouping_policy: 'multibus', queue_without_daemon: true, flush_on_last_del: 'never' },
  { no_path_retry: 1, failback: 'immediate', queue_without_daemon: true },
  {
    no_path_retry: 2,
    failback: 3,
    queue_without_daemon: true,
    path_selector: 'round-robin 0',
    rr_weight: 'priorities',
  },
  { no_path_retry: 'fail', queue_without_daemon: true, detect_pgpolicy: false, failback: 'followover' },
  {
    no_path_retry: 1,
    queue_without_daemon: true,
    flush_on_last_del: 'always',
    detect_prio: false,
    prio: 'weightedpath',
    prio_args: 'hbtl ^[13] 9',
    path_grouping_policy: 'group_by_prio',
  },
];

const few: fc.Arbitrary<Machine> = fc.record({
  luns: fc.integer({ min: 1, max: 3 }),
  ports: fc.integer({ min: 1, max: 4 }),
  udev: fc.constantFrom(true, true, true, false),
  silent: fc.constantFrom(false, false, true),
  lies: fc.constantFrom(false, false, false, true),
  bufferBytes: fc.constantFrom(4_096, 4_096, 1 << 20),
  latencyMs: fc.constantFrom(0, 1, 20),
  settings: fc.constantFrom(...SETTINGS),
});

/** Histories on small machines: there a fault shows soonest, and a history is short. */
export const smallHistory: fc.Arbitrary<History> = fc.record({
  seed: fc.nat({ max: 0xffff }),
  machine: few,
  steps: fc.array(step, { minLength: 1, maxLength: 24, size: 'max' }),
});

/**
 * Histories on a machine of `luns` by `ports`. udev does not lie there: each reading of one of many disks that share a
 * WWID looks at all of them, which takes minutes with thousands.
 */
export function largeHistory(luns: number, ports: number): fc.Arbitrary<History> {
  const machine = few.map((one) => ({ ...one, luns, ports, lies: false, bufferBytes: 1 << 20 }));
  const honest = step.filter(({ action }) => action.do !== 'udev-lies');
  return fc.record({
    seed: fc.nat({ max: 0xffff }),
    machine,
    steps: fc.array(honest, { minLength: 4, maxLength: 12, size: 'max' }),
  });
}
