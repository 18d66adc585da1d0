import fc from 'fast-check';
import { enqueue, type IncomingUevent, type QueueRules, type WaitingUevent } from '../../src/policy/ueventQueue';

const MERGE: QueueRules = { merge: true, isIgnored: (device) => device.startsWith('loop') };
const PLAIN: QueueRules = { ...MERGE, merge: false };

/** `add sda A` is an event of sda with WWID A; `-` is none. */
function events(...lines: string[]): IncomingUevent[] {
  return lines.map((line) => {
    const [action = '', device = '', wwid = '-'] = line.split(' ');
    return { action, device, wwid: wwid === '-' ? null : wwid };
  });
}

function show(queue: readonly WaitingUevent[]): string[] {
  return queue.map(({ action, device, merged }) => {
    const inner = merged.length === 0 ? '' : ` <- ${show(merged).join(', ')}`;
    return `${action} ${device}${inner}`;
  });
}

function after(rules: QueueRules, ...batches: string[][]): string[] {
  return show(batches.reduce<WaitingUevent[]>((queue, batch) => enqueue(queue, events(...batch), rules).queue, []));
}

test.each<[string, string[][], string[]]>([
  [
    'a remove makes everything before it pointless',
    [['add sda', 'change sda', 'online sda', 'remove sda']],
    ['remove sda'],
  ],
  ['also what came with an earlier batch', [['add sda', 'add sdb'], ['remove sda']], ['add sdb', 'remove sda']],
  ['not what comes after it', [['remove sda', 'add sda', 'change sda']], ['remove sda', 'add sda', 'change sda']],
  ['an add makes a change before it pointless', [['change sda', 'add sda']], ['add sda']],
  ['an add does not make an add pointless', [['add sda', 'add sda']], ['add sda', 'add sda']],
  [
    'a change makes nothing pointless',
    [['add sda', 'change sda', 'change sda']],
    ['add sda', 'change sda', 'change sda'],
  ],
  [
    'events of dm devices are all kept',
    [['change dm-0', 'add dm-0', 'remove dm-0']],
    ['change dm-0', 'add dm-0', 'remove dm-0'],
  ],
  ['ignored devices are dropped, dm devices are never ignored', [['add loop0', 'add dm-1']], ['add dm-1']],
  ['another device of a like name is another device', [['add sda', 'remove sdaa']], ['add sda', 'remove sdaa']],
])('%s', (_, batches, queue) => {
  expect(after(PLAIN, ...batches)).toEqual(queue);
  // Without WWIDs nothing can be joined.
  expect(after(MERGE, ...batches)).toEqual(queue);
});

test.each<[string, string[][], string[]]>([
  [
    'adds of one LUN are joined to the last',
    [['add sda A', 'add sdb A', 'add sdc A']],
    ['add sdc <- add sda, add sdb'],
  ],
  ['removes too', [['remove sda A', 'remove sdb A']], ['remove sdb <- remove sda']],
  ['changes are not', [['change sda A', 'change sdb A']], ['change sda', 'change sdb']],
  [
    'other LUNs in between do not matter',
    [['add sda A', 'remove sdx B', 'add sdb A']],
    ['remove sdx', 'add sdb <- add sda'],
  ],
  [
    'a change in between does not matter',
    [['add sda A', 'change sdx A', 'add sdb A']],
    ['change sdx', 'add sdb <- add sda'],
  ],
  [
    'the opposite in between ends it',
    [['add sda A', 'remove sdx A', 'add sdb A']],
    ['add sda', 'remove sdx', 'add sdb'],
  ],
  [
    'an event without WWID in between ends it',
    [['add sda A', 'add sdx -', 'add sdb A']],
    ['add sda', 'add sdx', 'add sdb'],
  ],
  [
    'an event of a dm device in between ends it',
    [['add sda A', 'change dm-0 A', 'add sdb A']],
    ['add sda', 'change dm-0', 'add sdb'],
  ],
  [
    'a name that came anew with another LUN in between ends it for that name',
    [['remove sda B', 'add sda A', 'remove sdb B']],
    ['remove sda', 'add sda', 'remove sdb'],
  ],
  [
    'a carrier is joined with all it carries',
    [['add sda A', 'add sdb A'], ['add sdc A']],
    ['add sdc <- add sda, add sdb'],
  ],
  ['a remove reaches what was joined', [['add sda A', 'add sdb A'], ['remove sda A']], ['add sdb', 'remove sda']],
  [
    'what a lost carrier carried is joined anew',
    [['add sda A', 'add sdb A', 'add sdc A'], ['remove sdc A']],
    ['add sdb <- add sda', 'remove sdc'],
  ],
  [
    'what a lost carrier deep in the queue carried stands for itself',
    [['add sda A', 'add sdb A', 'add sdc A', 'add sdx B'], ['remove sdc A']],
    ['add sda', 'add sdb', 'add sdx', 'remove sdc'],
  ],
])('with uid_attrs: %s', (_, batches, queue) => {
  expect(after(MERGE, ...batches)).toEqual(queue);
});

test('counts what it drops and joins', () => {
  const first = enqueue([], events('add sda A', 'add sdb A', 'add loop0'), MERGE);
  expect(first).toMatchObject({ discarded: 1, filtered: 0, merged: 1 });
  expect(enqueue(first.queue, events('remove sdb A', 'remove sda A'), MERGE)).toMatchObject({
    discarded: 0,
    filtered: 2,
    merged: 1,
  });
});

const anyEvent: fc.Arbitrary<IncomingUevent> = fc.record({
  action: fc.constantFrom('add', 'remove', 'change', 'offline'),
  device: fc.constantFrom('sda', 'sdb', 'sdc', 'sdd', 'dm-0', 'loop0'),
  wwid: fc.constantFrom(null, 'A', 'B'),
});
const anyBatches = fc.array(fc.array(anyEvent, { maxLength: 6 }), { maxLength: 4 });

function flatten(queue: readonly WaitingUevent[]): WaitingUevent[] {
  return queue.flatMap((event) => [...event.merged, event]);
}

test('every event is queued, joined or counted as dropped, and the last word on a device is never lost', () => {
  fc.assert(
    fc.property(anyBatches, fc.boolean(), (batches, merge) => {
      let queue: WaitingUevent[] = [];
      let dropped = 0;
      for (const batch of batches) {
        const result = enqueue(queue, batch, { ...MERGE, merge });
        queue = result.queue;
        dropped += result.discarded + result.filtered;
      }
      const all = batches.flat().filter(({ device }) => device !== 'loop0');
      expect(flatten(queue).length + dropped).toBe(batches.flat().length);
      for (const device of new Set(all.map((event) => event.device))) {
        const last = all.filter((event) => event.device === device).at(-1);
        expect(flatten(queue).some((event) => event.device === device && event.action === last?.action)).toBe(true);
      }
      if (!merge) expect(queue.every(({ merged }) => merged.length === 0)).toBe(true);
      expect(
        flatten(queue).every(({ merged }, i, flat) => merged.length === 0 || queue.includes(flat[i] as WaitingUevent)),
      ).toBe(true);
    }),
  );
});

test('only like events of one LUN are joined, and a remove of a device stays in its place behind its add', () => {
  fc.assert(
    fc.property(anyBatches, (batches) => {
      let queue: WaitingUevent[] = [];
      for (const batch of batches) queue = enqueue(queue, batch, MERGE).queue;
      for (const { merged, action, wwid } of queue) {
        for (const one of merged) expect([one.action, one.wwid]).toEqual([action, wwid]);
      }
      const removedThenAdded = flatten(queue).findIndex(
        ({ device, action }) => device === 'sda' && action === 'remove',
      );
      const before = flatten(queue).slice(0, Math.max(0, removedThenAdded));
      expect(before.some(({ device, action }) => device === 'sda' && action !== 'remove')).toBe(false);
    }),
  );
});
