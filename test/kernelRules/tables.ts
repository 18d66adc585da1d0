/* Live and inactive tables, suspend and resume (drivers/md/dm-ioctl.c). */
import type { Rule } from './machine';
import {
  COOKIE,
  diskSight,
  done,
  kernelName,
  lineOf,
  makeMap,
  multipath,
  nextEvent,
  nextEvents,
  SECTORS,
  sight,
  swap,
} from './ruleHelpers';

export const TABLE_RULES: readonly Rule[] = [
  {
    name: 'a new device has no table, is no disk yet, and sends nothing',
    run: async (m) => {
      await done(m.create('a', 'mpath-rule-a'));
      const seen = await sight(m, 'a');
      expect(seen).toMatchObject({
        uuid: 'mpath-rule-a',
        eventNr: 0,
        openCount: 0,
        suspended: false,
        readOnly: false,
        live: false,
        inactive: false,
      });
      expect([await m.target('a'), await m.target('a', 'inactive'), await m.deps('a')]).toEqual([null, null, []]);
      expect(await m.disk(kernelName(seen))).toBeNull();
      expect(await nextEvents(m, 0)).toEqual([]);
    },
  },
  {
    name: 'a first table that is loaded makes the disk, with an add, but is not live until resume',
    run: async (m) => {
      const [one] = await m.disks();
      await done(m.create('a'), m.load('a', multipath([[one]])));
      const loaded = await sight(m, 'a');
      expect(loaded).toMatchObject({ live: false, inactive: true, suspended: false });
      expect(await m.target('a')).toBeNull();
      expect((await m.target('a', 'inactive'))?.table).toBe(`0 0 1 1 service-time 0 1 2 ${one.devt} 1 1 `);
      expect([await m.deps('a'), await m.deps('a', 'inactive')]).toEqual([[], [one.devt]]);
      expect(await m.disk(kernelName(loaded))).toMatchObject({ sizeSectors: 0, devt: loaded.devt });
      expect(await nextEvents(m, 1)).toEqual([`add ${kernelName(loaded)}`]);

      await done(m.resume('a'));
      expect(await sight(m, 'a')).toMatchObject({ live: true, inactive: false, suspended: false });
      expect([await m.deps('a'), await m.target('a', 'inactive')]).toEqual([[one.devt], null]);
      expect(await m.disk(kernelName(loaded))).toMatchObject({ sizeSectors: SECTORS });
      expect(await nextEvents(m, 1)).toEqual([`change ${kernelName(loaded)} ${COOKIE}`]);
    },
  },
  {
    name: 'a table loaded over a live one changes nothing that is live, sends nothing, and can be cleared',
    run: async (m) => {
      const [one, two] = await m.disks();
      const before = await makeMap(m, 'a', [one]);
      const line = await lineOf(m, 'a', 'table');
      await done(m.load('a', multipath([[two]])));
      expect(await sight(m, 'a')).toEqual({ ...before, inactive: true });
      expect([await lineOf(m, 'a', 'table'), await m.deps('a'), await m.deps('a', 'inactive')]).toEqual([
        line,
        [one.devt],
        [two.devt],
      ]);
      await done(m.clear('a'));
      expect(await sight(m, 'a')).toEqual(before);
      expect([await lineOf(m, 'a', 'table'), await m.deps('a', 'inactive')]).toEqual([line, []]);
      expect(await nextEvents(m, 0)).toEqual([]);
    },
  },
  {
    name: 'a second load takes the place of the first, and clearing nothing is no error',
    run: async (m) => {
      const [one, two] = await m.disks();
      await done(m.create('a'), m.load('a', multipath([[one]])), m.load('a', multipath([[two]])));
      expect(await m.deps('a', 'inactive')).toEqual([two.devt]);
      await done(m.clear('a'), m.clear('a'));
      expect(await sight(m, 'a')).toMatchObject({ live: false, inactive: false });
      expect(await nextEvents(m, 1)).toHaveLength(1);
    },
  },
  {
    name: 'suspend is silent, and twice is once; resume sends one change; a resume of what runs is silent',
    run: async (m) => {
      const [one] = await m.disks();
      const before = await makeMap(m, 'a', [one]);
      await done(m.suspend('a'), m.suspend('a'));
      expect(await sight(m, 'a')).toEqual({ ...before, suspended: true });
      expect(await nextEvents(m, 0)).toEqual([]);
      await done(m.resume('a'));
      expect(await sight(m, 'a')).toEqual(before);
      expect(await nextEvents(m, 1)).toEqual([`change ${kernelName(before)} ${COOKIE}`]);
      await done(m.resume('a'));
      expect(await nextEvents(m, 0)).toEqual([]);
    },
  },
  {
    name: 'a device without a table can be suspended, but is not resumed again: EINVAL, until it has one',
    run: async (m) => {
      const [one] = await m.disks();
      await done(m.create('a'), m.resume('a'), m.suspend('a'));
      expect(await m.resume('a')).toBe('EINVAL');
      expect(await sight(m, 'a')).toMatchObject({ suspended: true, live: false });
      await swap(m, 'a', multipath([[one]]));
      expect(await sight(m, 'a')).toMatchObject({ suspended: false, live: true });
      expect(await nextEvents(m, 2)).toHaveLength(2);
    },
  },
  {
    name: 'a swap of tables raises no event number, sends one change, and forgets failed paths and their counts',
    run: async (m) => {
      const [one, two] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      await done(m.message('a', `fail_path ${one.devt}`));
      await m.events(1);
      await swap(m, 'a', multipath([[one, two]]));
      const after = await sight(m, 'a');
      expect([made.eventNr, after.eventNr]).toEqual([0, 1]);
      expect(await m.readMap('a')).toBe('ok');
      expect(await lineOf(m, 'a', 'status')).toBe(`2 0 0 0 1 1 A 0 2 2 ${one.devt} A 0 0 1 ${two.devt} A 0 0 1 `);
      expect(await nextEvents(m, 1)).toEqual([`change ${kernelName(made)} ${COOKIE}`]);
    },
  },
  {
    name: 'the number of path events goes on over a swap of tables',
    run: async (m) => {
      const [one] = await m.disks();
      await makeMap(m, 'a', [one]);
      await done(m.message('a', `fail_path ${one.devt}`));
      await m.events(1);
      await swap(m, 'a', multipath([[one]]));
      await m.events(1);
      await done(m.message('a', `fail_path ${one.devt}`));
      expect((await nextEvent(m)).env['DM_SEQNUM']).toBe('2');
      expect((await sight(m, 'a')).eventNr).toBe(2);
    },
  },
  {
    name: 'a swap to another size says RESIZE=1 after the cookie',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      await swap(m, 'a', multipath([[one]], { sizeSectors: 8192 }));
      expect(await nextEvents(m, 1)).toEqual([`change ${kernelName(made)} ${COOKIE} RESIZE=1`]);
      expect(await m.disk(kernelName(made))).toMatchObject({ sizeSectors: 8192 });
      await swap(m, 'a', multipath([[one]], { sizeSectors: 8192 }));
      expect(await nextEvents(m, 1)).toEqual([`change ${kernelName(made)} ${COOKIE}`]);
    },
  },
  {
    name: 'a read-only table makes the device read-only, which has a change of its own before the cookie',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      await swap(m, 'a', multipath([[one]], { readOnly: true }));
      expect(await sight(m, 'a')).toEqual({ ...made, readOnly: true });
      expect(await m.disk(kernelName(made))).toMatchObject({ readOnly: true });
      expect(await nextEvents(m, 2)).toEqual([
        `change ${kernelName(made)} DISK_RO=1`,
        `change ${kernelName(made)} ${COOKIE}`,
      ]);
      await swap(m, 'a', multipath([[one]], { readOnly: true }));
      expect(await nextEvents(m, 1)).toEqual([`change ${kernelName(made)} ${COOKIE}`]);
      await swap(m, 'a', multipath([[one]]));
      expect(await nextEvents(m, 2)).toEqual([
        `change ${kernelName(made)} DISK_RO=0`,
        `change ${kernelName(made)} ${COOKIE}`,
      ]);
      expect(await sight(m, 'a')).toEqual(made);
    },
  },
  {
    name: 'a table too large for its paths loads, is refused at the swap, and leaves the device suspended with the old one',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      const line = await lineOf(m, 'a', 'table');
      await done(m.load('a', multipath([[one]], { sizeSectors: SECTORS + 8 })));
      expect(await m.resume('a')).toBe('EINVAL');
      expect(await sight(m, 'a')).toEqual({ ...made, suspended: true });
      expect(await lineOf(m, 'a', 'table')).toBe(line);
      expect(await nextEvents(m, 0)).toEqual([]);
      await done(m.resume('a'));
      expect(await sight(m, 'a')).toEqual(made);
      expect(await nextEvents(m, 1)).toEqual([`change ${kernelName(made)} ${COOKIE}`]);
    },
  },
  {
    name: 'a first table too large for its paths is refused when it is loaded: the device stays without a disk',
    run: async (m) => {
      const [one] = await m.disks();
      await done(m.create('a'));
      expect(await m.load('a', multipath([[one]], { sizeSectors: SECTORS + 8 }))).toBe('EINVAL');
      const seen = await sight(m, 'a');
      expect(seen).toMatchObject({ live: false, inactive: false, suspended: false });
      expect(await m.disk(kernelName(seen))).toBeNull();
      expect((await diskSight(m, one.name)).holders).toEqual([]);
      await done(m.load('a', multipath([[one]])), m.resume('a'));
      expect(await nextEvents(m, 2)).toEqual([`add ${kernelName(seen)}`, `change ${kernelName(seen)} ${COOKIE}`]);
    },
  },
  {
    name: 'a table smaller than its paths is taken',
    run: async (m) => {
      const [one] = await m.disks();
      await done(m.create('a'), m.load('a', multipath([[one]], { sizeSectors: 8 })), m.resume('a'));
      expect(await m.disk(kernelName(await sight(m, 'a')))).toMatchObject({ sizeSectors: 8 });
      await m.events(2);
    },
  },
  {
    name: 'a map without paths is a map',
    run: async (m) => {
      await done(m.create('a'), m.load('a', multipath([])), m.resume('a'));
      expect(await lineOf(m, 'a', 'table')).toBe('0 0 0 0 ');
      expect(await lineOf(m, 'a', 'status')).toBe('2 1 0 0 0 0 ');
      expect(await m.deps('a')).toEqual([]);
      await m.events(2);
    },
  },
  {
    name: 'a multipath map takes no linear table, but one of the error target; the type of a device is for life',
    run: async (m) => {
      const [one] = await m.disks();
      await makeMap(m, 'a', [one]);
      expect(await m.load('a', { type: 'linear', params: `${one.devt} 0`, sizeSectors: SECTORS })).toBe('EINVAL');
      await done(m.load('a', { type: 'error', params: '', sizeSectors: SECTORS }), m.resume('a'));
      expect(await m.deps('a')).toEqual([]);
      expect(await lineOf(m, 'a', 'table')).toBe('');
      expect(await m.load('a', { type: 'linear', params: `${one.devt} 0`, sizeSectors: SECTORS })).toBe('EINVAL');
      await swap(m, 'a', multipath([[one]]));
      expect(await nextEvents(m, 2)).toHaveLength(2);
    },
  },
  {
    name: 'a linear device takes no multipath table, nor does one that began with the error target',
    run: async (m) => {
      const [one] = await m.disks();
      await done(m.create('a'), m.load('a', { type: 'linear', params: `${one.devt} 0`, sizeSectors: 8 }));
      expect(await m.load('a', multipath([[one]]))).toBe('EINVAL');
      await done(m.create('b'), m.load('b', { type: 'error', params: '', sizeSectors: 8 }), m.clear('b'));
      expect(await m.load('b', multipath([[one]]))).toBe('EINVAL');
      await m.events(2);
    },
  },
  {
    name: 'disks know the maps that hold them, by live and by inactive tables, once each',
    run: async (m) => {
      const [one, two] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      const holders = async (): Promise<string[][]> => [
        (await diskSight(m, one.name)).holders,
        (await diskSight(m, two.name)).holders,
      ];
      expect(await holders()).toEqual([[kernelName(made)], []]);
      await done(m.load('a', multipath([[one], [two]])));
      expect(await holders()).toEqual([[kernelName(made)], [kernelName(made)]]);
      await done(m.clear('a'));
      expect(await holders()).toEqual([[kernelName(made)], []]);
      await swap(m, 'a', multipath([[two]]));
      expect(await holders()).toEqual([[], [kernelName(made)]]);
      await done(m.remove('a'));
      expect(await holders()).toEqual([[], []]);
      await m.events(3);
    },
  },
];
