/* Names, UUIDs and minors, and the end of a device (drivers/md/dm-ioctl.c, dm.c). */
import type { Rule, UuidRule } from './machine';
import { COOKIE, diskSight, done, kernelName, makeMap, multipath, nextEvents, sight } from './ruleHelpers';

const minorOf = (devt: string): number => Number(devt.split(':')[1]);

export const NAME_RULES: readonly Rule[] = [
  {
    name: 'a rename moves the name alone: one change with the cookie, and the event number rises by one',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      await done(m.rename('a', 'b'));
      expect(await sight(m, 'b')).toEqual({ ...made, name: 'b', eventNr: 1 });
      expect(await m.status({ name: 'a' })).toBe('ENXIO');
      expect(await m.status({ uuid: 'mpath-rule-a' })).toMatchObject({ name: 'b' });
      expect(await nextEvents(m, 1)).toEqual([`change ${kernelName(made)} ${COOKIE}`]);
    },
  },
  {
    name: 'a rename of a device without a live table raises no number; without any table it sends nothing',
    run: async (m) => {
      const [one] = await m.disks();
      await done(m.create('a'), m.rename('a', 'b'));
      expect([(await sight(m, 'b')).eventNr, await nextEvents(m, 0)]).toEqual([0, []]);
      await done(m.load('b', multipath([[one]])));
      await m.events(1);
      await done(m.rename('b', 'c'));
      const seen = await sight(m, 'c');
      expect([seen.eventNr, await nextEvents(m, 1)]).toEqual([0, [`change ${kernelName(seen)} ${COOKIE}`]]);
    },
  },
  {
    name: 'a rename of a suspended map goes through and sends its change at once',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      await done(m.suspend('a'), m.rename('a', 'b'));
      expect(await sight(m, 'b')).toMatchObject({ suspended: true, eventNr: 1 });
      expect(await nextEvents(m, 1)).toEqual([`change ${kernelName(made)} ${COOKIE}`]);
    },
  },
  {
    name: 'renames refused: a name that is taken or its own EBUSY, of nothing ENXIO (EBUSY to a taken name), a slash EINVAL',
    run: async (m) => {
      await done(m.create('a'), m.create('b'));
      const cases: Array<[string, string]> = [
        ['a', 'b'],
        ['a', 'a'],
        ['nothing', 'c'],
        ['nothing', 'b'],
        ['a', 'x/y'],
      ];
      const answers: string[] = [];
      for (const [from, to] of cases) answers.push(await m.rename(from, to));
      expect(answers).toEqual(['EBUSY', 'EBUSY', 'ENXIO', 'EBUSY', 'EINVAL']);
      expect((await m.list()).map((entry) => entry.name)).toEqual(['a', 'b']);
    },
  },
  {
    name: 'a name or a UUID that is in use is EBUSY to create; a slash in a name EINVAL',
    run: async (m) => {
      await done(m.create('a', 'mpath-rule-a'));
      expect([
        await m.create('a'),
        await m.create('a', 'mpath-rule-b'),
        await m.create('b', 'mpath-rule-a'),
        await m.create('b/c'),
      ]).toEqual(['EBUSY', 'EBUSY', 'EBUSY', 'EINVAL']);
      expect((await m.list()).map((entry) => entry.name)).toEqual(['a']);
    },
  },
  {
    name: 'two maps that swap names keep UUIDs, numbers and tables',
    run: async (m) => {
      const [one, two] = await m.disks();
      const [a, b] = [await makeMap(m, 'a', [one]), await makeMap(m, 'b', [two])];
      await done(m.rename('a', 'x'), m.rename('b', 'a'), m.rename('x', 'b'));
      expect(await sight(m, 'a')).toEqual({ ...b, name: 'a', eventNr: 1 });
      expect(await sight(m, 'b')).toEqual({ ...a, name: 'b', eventNr: 2 });
      expect([await m.deps('a'), await m.deps('b')]).toEqual([[two.devt], [one.devt]]);
      expect(await nextEvents(m, 3)).toEqual([a, b, a].map((dm) => `change ${kernelName(dm)} ${COOKIE}`));
    },
  },
  {
    name: 'a map that goes: two removes, the first with the cookie; then it is ENXIO by name, UUID and number',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      await done(m.remove('a'));
      expect(await nextEvents(m, 2)).toEqual([`remove ${kernelName(made)} ${COOKIE}`, `remove ${kernelName(made)}`]);
      for (const by of [{ name: 'a' }, { uuid: 'mpath-rule-a' }, { devt: made.devt }])
        expect(await m.status(by)).toBe('ENXIO');
      expect(await m.disk(kernelName(made))).toBeNull();
      const gone = [
        m.remove('a'),
        m.clear('a'),
        m.suspend('a'),
        m.resume('a'),
        m.message('a', 'queue_if_no_path'),
        m.load('a', multipath([[one]])),
      ];
      expect(await Promise.all(gone)).toEqual(gone.map(() => 'ENXIO'));
    },
  },
  {
    name: 'a device without any table goes silently; one with an inactive table as a map does',
    run: async (m) => {
      const [one] = await m.disks();
      await done(m.create('a'), m.remove('a'));
      expect(await nextEvents(m, 0)).toEqual([]);
      await done(m.create('a'), m.load('a', multipath([[one]])));
      const loaded = kernelName(await sight(m, 'a'));
      await done(m.remove('a'));
      expect(await nextEvents(m, 3)).toEqual([`add ${loaded}`, `remove ${loaded} ${COOKIE}`, `remove ${loaded}`]);
    },
  },
  {
    name: 'a map that is open is counted, and not removed: EBUSY; closed it goes',
    run: async (m) => {
      const [one] = await m.disks();
      await makeMap(m, 'a', [one]);
      await done(m.openMap('a'));
      expect((await sight(m, 'a')).openCount).toBe(1);
      expect(await m.remove('a')).toBe('EBUSY');
      expect(await nextEvents(m, 0)).toEqual([]);
      await m.closeMap('a');
      expect((await sight(m, 'a')).openCount).toBe(0);
      await done(m.remove('a'));
      expect(await nextEvents(m, 2)).toHaveLength(2);
    },
  },
  {
    name: 'a suspended map can be removed',
    run: async (m) => {
      const [one] = await m.disks();
      await makeMap(m, 'a', [one]);
      await done(m.suspend('a'), m.remove('a'));
      expect(await nextEvents(m, 2)).toHaveLength(2);
      expect(await m.list()).toEqual([]);
    },
  },
  {
    name: 'a map made again under the old name and UUID has the old minor, another sequence number, and event number 0',
    run: async (m) => {
      const [one] = await m.disks();
      const first = await makeMap(m, 'a', [one]);
      const before = await diskSight(m, kernelName(first));
      await done(m.message('a', `fail_path ${one.devt}`));
      await m.events(1);
      await done(m.remove('a'));
      await m.events(2);
      expect(await makeMap(m, 'a', [one])).toEqual(first);
      expect((await diskSight(m, kernelName(first))).diskseq).toBeGreaterThan(before.diskseq);
    },
  },
  {
    name: 'a new device takes the lowest free minor and the next sequence number',
    run: async (m) => {
      await done(m.create('a'), m.create('b'), m.create('c'));
      const [a, b, c] = [await sight(m, 'a'), await sight(m, 'b'), await sight(m, 'c')];
      expect([minorOf(b.devt), minorOf(c.devt)]).toEqual([minorOf(a.devt) + 1, minorOf(a.devt) + 2]);
      await done(m.remove('b'), m.create('d'), m.remove('a'), m.remove('c'), m.create('e'), m.create('f'));
      expect([(await sight(m, 'd')).devt, (await sight(m, 'e')).devt, (await sight(m, 'f')).devt]).toEqual([
        b.devt,
        a.devt,
        c.devt,
      ]);
      await done(m.load('f', multipath([])), m.load('e', multipath([])));
      const [f, e] = [await diskSight(m, kernelName(c)), await diskSight(m, kernelName(a))];
      // A map gets its number when it is made, and not when its table comes.
      expect(f.diskseq - e.diskseq).toBe(1);
      await m.events(2);
    },
  },
];

/** For the real kernel only: nothing in the simulated kernel gives a UUID later. */
export const UUID_RULES: readonly UuidRule[] = [
  {
    name: 'a UUID is set once, as a rename is made; twice is EINVAL, and one that is taken EBUSY',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one], '');
      await done(m.create('b', 'mpath-rule-b'));
      expect(await m.setUuid('a', 'mpath-rule-b')).toBe('EBUSY');
      expect(await m.setUuid('nothing', 'mpath-rule-c')).toBe('ENXIO');
      await done(m.setUuid('a', 'mpath-rule-a'));
      expect(await m.status({ uuid: 'mpath-rule-a' })).toEqual({ ...made, uuid: 'mpath-rule-a', eventNr: 1 });
      expect(await nextEvents(m, 1)).toEqual([`change ${kernelName(made)} ${COOKIE}`]);
      expect([await m.setUuid('a', 'mpath-rule-c'), await m.setUuid('a', 'mpath-rule-a')]).toEqual(['EINVAL', 'EBUSY']);
    },
  },
  {
    name: 'a UUID that is refused does not make poll tell',
    run: async (m) => {
      await done(m.create('a', 'mpath-rule-a'), m.create('b'));
      await m.arm();
      expect(await m.setUuid('b', 'mpath-rule-a')).toBe('EBUSY');
      expect(await m.polled()).toBe(false);
    },
  },
];
