/* Uevents and their socket (lib/kobject_uevent.c, net/netlink/af_netlink.c). */
import type { Disk, Received, Rule, RuleMachine, SeenEvent } from './machine';
import { attentionFirst, done, makeMap, multipath, told } from './ruleHelpers';

const seqnumOf = (event: SeenEvent): number => Number(event.env['SEQNUM']);

const shortly = (got: Received): string => {
  switch (got.kind) {
    case 'event':
      return got.event.env['SYNTH_ARG_N'] ?? told(got.event);
    case 'truncated':
      return 'truncated';
    case 'errno':
      return got.errno;
  }
};

/** Synthetic events with a mark by which they can be told from others. */
const send = (m: RuleMachine, disk: Disk, n: string, times = 1): Promise<void> => m.trigger(disk, { N: n }, times);

const UUID = '11111111-2222-3333-4444-555555555555';

/** A buffer that is full soon. This is the requested size, which the kernel doubles. */
const SMALL = 4096;

const count = (got: readonly Received[], kind: Received['kind']): number =>
  got.filter((one) => one.kind === kind).length;

export const UEVENT_RULES: readonly Rule[] = [
  {
    name: 'the variables of a disk event, and their order',
    run: async (m) => {
      const [one] = await m.disks();
      await m.writeProtect(one, true);
      const [event] = await m.events(1);
      expect(Object.entries(event?.env ?? {})).toEqual([
        ['ACTION', 'change'],
        ['DEVPATH', event?.devpath],
        ['SUBSYSTEM', 'block'],
        ['DISK_RO', '1'],
        ['MAJOR', one.devt.split(':')[0]],
        ['MINOR', one.devt.split(':')[1]],
        ['DEVNAME', one.name],
        ['DEVTYPE', 'disk'],
        ['DISKSEQ', String(one.diskseq)],
        ['SEQNUM', expect.stringMatching(/^\d+$/)],
      ]);
      expect(event?.devpath).toMatch(new RegExp(`^/devices/.*/\\d+:\\d+:\\d+:\\d+/block/${one.name}$`));
    },
  },
  {
    name: 'the variables of a path event, and their order',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      await done(m.message('a', `fail_path ${one.devt}`));
      const [event] = await m.events(1);
      const minor = made.devt.split(':')[1];
      expect(event?.devpath).toBe(`/devices/virtual/block/dm-${minor}`);
      expect(Object.keys(event?.env ?? {})).toEqual([
        'ACTION',
        'DEVPATH',
        'SUBSYSTEM',
        'DM_TARGET',
        'DM_ACTION',
        'DM_SEQNUM',
        'DM_PATH',
        'DM_NR_VALID_PATHS',
        'DM_NAME',
        'DM_UUID',
        'MAJOR',
        'MINOR',
        'DEVNAME',
        'DEVTYPE',
        'DISKSEQ',
        'SEQNUM',
      ]);
    },
  },
  {
    name: 'the variables of a unit attention, and their order',
    run: async (m) => {
      const [one] = await m.disks();
      await m.resize(one);
      const [event] = attentionFirst(await m.events(2));
      expect(event?.devpath).toMatch(/\/(\d+:\d+:\d+:\d+)$/);
      expect(Object.entries(event?.env ?? {})).toEqual([
        ['ACTION', 'change'],
        ['DEVPATH', event?.devpath],
        ['SUBSYSTEM', 'scsi'],
        ['SDEV_UA', 'CAPACITY_DATA_HAS_CHANGED'],
        ['DEVTYPE', 'scsi_device'],
        ['DRIVER', 'sd'],
        ['MODALIAS', 'scsi:t-0x00'],
        ['SEQNUM', expect.stringMatching(/^\d+$/)],
      ]);
    },
  },
  {
    name: 'a synthetic event carries its UUID and arguments before the device',
    run: async (m) => {
      const [one] = await m.disks();
      await m.trigger(one, { N: '1', AB: 'c' });
      const [event] = await m.events(1);
      expect(Object.entries(event?.env ?? {}).slice(2, 8)).toEqual([
        ['SUBSYSTEM', 'block'],
        ['SYNTH_UUID', UUID],
        ['SYNTH_ARG_N', '1'],
        ['SYNTH_ARG_AB', 'c'],
        ['MAJOR', one.devt.split(':')[0]],
        ['MINOR', one.devt.split(':')[1]],
      ]);
    },
  },
  {
    name: 'sequence numbers are global: one for each event of any device, with those that are of no interest',
    run: async (m) => {
      const [one, two] = await m.disks();
      await send(m, one, 'x');
      await m.foreignEvent();
      await m.foreignEvent();
      await send(m, two, 'x');
      await done(m.create('a'), m.load('a', multipath([])));
      const events = await m.allEvents(3);
      const first = seqnumOf(events[0] as SeenEvent);
      expect(events.map(seqnumOf)).toEqual(events.map((_, n) => first + n));
      const ours = events.filter((event) => event.env['SUBSYSTEM'] === 'block');
      expect(ours).toHaveLength(3);
      expect(ours.slice(0, 2).map(seqnumOf)).toEqual([first, first + 3]);
    },
  },
  {
    name: 'events of another network namespace take numbers that are never sent here: a hole, and no loss',
    run: async (m) => {
      const [one] = await m.disks();
      const socket = await m.listen(1 << 20);
      await send(m, one, 'before');
      await m.eventsElsewhere();
      await send(m, one, 'after');
      const got = (await socket.drain()).flatMap((each) => (each.kind === 'event' ? [each.event] : []));
      const [before, after] = got.filter((event) => event.env['SUBSYSTEM'] === 'block');
      const numbers = got.map(seqnumOf);
      expect([...numbers].sort((a, b) => a - b)).toEqual(numbers);
      const holes =
        seqnumOf(after as SeenEvent) -
        seqnumOf(before as SeenEvent) -
        1 -
        got.filter((event) => event.env['SUBSYSTEM'] !== 'block').length;
      expect(holes).toBeGreaterThan(0);
      expect((await socket.meminfo()).drops).toBe(0);
    },
  },
  {
    name: 'an overrun: ENOBUFS first and once, then what was queued; meanwhile all is dropped in silence, until the queue is empty',
    run: async (m) => {
      const [one] = await m.disks();
      const socket = await m.listen(SMALL);
      await send(m, one, 'old', 30);
      expect(shortly(await socket.receive())).toBe('ENOBUFS');
      const { drops } = await socket.meminfo();
      expect(drops).toBeGreaterThan(0);
      expect(shortly(await socket.receive())).toBe('old');
      // There is room again, but the socket is still congested.
      await send(m, one, 'lost', 3);
      expect((await socket.meminfo()).drops).toBe(drops + 3);
      const rest = await socket.drain();
      expect(rest.map(shortly)).toEqual(Array<string>(30 - drops - 1).fill('old'));
      await send(m, one, 'new');
      expect((await socket.drain()).map(shortly)).toEqual(['new']);
      expect((await socket.meminfo()).drops).toBe(drops + 3);
    },
  },
  {
    name: 'each congestion has its own ENOBUFS',
    run: async (m) => {
      const [one] = await m.disks();
      const socket = await m.listen(SMALL);
      for (let round = 0; round < 2; round++) {
        await send(m, one, 'x', 30);
        const got = await socket.drain();
        expect([shortly(got[0] as Received), count(got, 'errno')]).toEqual(['ENOBUFS', 1]);
      }
    },
  },
  {
    name: 'a socket that loses events takes none from the others',
    run: async (m) => {
      const [one] = await m.disks();
      const [small, large] = [await m.listen(SMALL), await m.listen(1 << 20)];
      await send(m, one, 'x', 30);
      expect(count(await large.drain(), 'event')).toBe(30);
      expect((await small.meminfo()).drops).toBeGreaterThan(0);
      expect((await large.meminfo()).drops).toBe(0);
    },
  },
  {
    name: 'a message is charged by its size class, and its charge is given back when it is read',
    run: async (m) => {
      const [one] = await m.disks();
      const socket = await m.listen(1 << 20);
      const charges: number[] = [];
      for (const length of [0, 300, 600, 1200, 1600]) {
        await m.trigger(one, length === 0 ? {} : padding(length));
        charges.push((await socket.meminfo()).charged);
        await socket.drain();
        expect((await socket.meminfo()).charged).toBe(0);
      }
      expect(charges).toEqual([1280, 1280, 2304, 2304, 4352]);
    },
  },
  {
    name: 'a message longer than the reader’s buffer is cut and gone; the next one is whole',
    run: async (m) => {
      const [one] = await m.disks();
      const socket = await m.listen(1 << 20);
      await m.trigger(one, { ...padding(500), N: 'long' });
      await send(m, one, 'next');
      expect((await socket.receive(400)).kind).toBe('truncated');
      expect((await socket.drain()).map(shortly)).toEqual(['next']);
      expect((await socket.meminfo()).drops).toBe(0);
    },
  },
];

/** Arguments of about `length` bytes. Here one argument has at most 255 bytes. */
function padding(length: number): Record<string, string> {
  const args: Record<string, string> = {};
  for (let n = 0; length > 0; n++) {
    const bytes = Math.min(200, length);
    args[`P${n}`] = 'p'.repeat(Math.max(1, bytes - 16));
    length -= bytes;
  }
  return args;
}
