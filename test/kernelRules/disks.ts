/* SCSI disks below maps that come, go and change (drivers/scsi, block/genhd.c). */
import type { Rule, SeenEvent } from './machine';
import {
  attentionFirst,
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
  told,
} from './ruleHelpers';

export const DISK_RULES: readonly Rule[] = [
  {
    name: 'a disk that goes and comes: a remove and an add, the same name and number, another sequence number',
    run: async (m) => {
      const [one] = await m.disks();
      await m.deleteDisk(one);
      expect(await m.disk(one.name)).toBeNull();
      const gone = await nextEvent(m);
      expect([told(gone), gone.env['DISKSEQ']]).toEqual([`remove ${one.name}`, String(one.diskseq)]);
      const again = await m.addDisk(one);
      expect([again.name, again.devt]).toEqual([one.name, one.devt]);
      expect(again.diskseq).toBeGreaterThan(one.diskseq);
      // The first answer of a new device comes before its disk. The event of this answer goes through a work queue.
      const events = await m.events(2);
      expect(events.map(told).sort()).toEqual([
        `add ${one.name}`,
        expect.stringMatching(/^change \d+:\d+:\d+:\d+ SDEV_UA=POWER_ON_RESET_OCCURRED$/),
      ]);
      const added = events.find(({ action }) => action === 'add') as SeenEvent;
      expect([told(added), added.env['DISKSEQ'], added.env['MAJOR'], added.env['MINOR']]).toEqual([
        `add ${one.name}`,
        String(again.diskseq),
        ...one.devt.split(':'),
      ]);
    },
  },
  {
    name: 'a disk deleted while it is in a map: its own remove, and nothing else; the map keeps it, as if it worked',
    run: async (m) => {
      const [one, two] = await m.disks();
      const made = await makeMap(m, 'a', [one, two]);
      const [table, status] = [await lineOf(m, 'a', 'table'), await lineOf(m, 'a', 'status')];
      await m.deleteDisk(one);
      expect(await nextEvents(m, 1)).toEqual([`remove ${one.name}`]);
      expect([await lineOf(m, 'a', 'table'), await lineOf(m, 'a', 'status')]).toEqual([table, status]);
      expect(await sight(m, 'a')).toEqual(made);
      expect(await m.deps('a')).toEqual([one.devt, two.devt].sort());
      await done(m.message('a', `fail_path ${one.devt}`));
      expect(await lineOf(m, 'a', 'status')).toContain(`${one.devt} F 1`);
      await m.events(1);
    },
  },
  {
    name: 'name and number of a deleted disk are taken as long as a table holds it, live or not',
    run: async (m) => {
      const [one, two] = await m.disks();
      await makeMap(m, 'a', [two]);
      await done(m.load('a', multipath([[one, two]])));
      await m.deleteDisk(one);
      const other = await m.addDisk(one);
      expect(other.name).not.toBe(one.name);
      expect(other.devt).not.toBe(one.devt);
      await m.deleteDisk(other);
      await done(m.clear('a'));
      const back = await m.addDisk(one);
      expect([back.name, back.devt]).toEqual([one.name, one.devt]);
      await m.events(4);
    },
  },
  {
    name: 'the map that holds a deleted disk may load it again; for another map it is gone',
    run: async (m) => {
      const [one, two] = await m.disks();
      await makeMap(m, 'a', [one, two]);
      await done(m.create('b'));
      await m.deleteDisk(one);
      await swap(m, 'a', multipath([[one]]));
      expect(await m.deps('a')).toEqual([one.devt]);
      expect(await m.load('b', multipath([[one]]))).toBe('ENXIO');
      await m.events(2);
    },
  },
  {
    name: 'a swap away from a deleted disk lets its name go',
    run: async (m) => {
      const [one, two] = await m.disks();
      await makeMap(m, 'a', [one, two]);
      await m.deleteDisk(one);
      await swap(m, 'a', multipath([[two]]));
      expect((await m.addDisk(one)).name).toBe(one.name);
      await m.events(3);
    },
  },
  {
    name: 'offline and running again: seen in sysfs, no event of any kind; the map does not notice until there is I/O',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      await m.setState(one, 'offline');
      expect(await m.disk(one.name)).toMatchObject({ state: 'offline', sizeSectors: SECTORS });
      expect(await lineOf(m, 'a', 'status')).toContain(`${one.devt} A 0`);
      await m.setState(one, 'running');
      expect(await m.disk(one.name)).toMatchObject({ state: 'running' });
      expect([await nextEvents(m, 0), await sight(m, 'a')]).toEqual([[], made]);
    },
  },
  {
    name: 'an offline disk cannot be opened by a table: ENXIO; one that the map has already can',
    run: async (m) => {
      const [one, two] = await m.disks();
      await makeMap(m, 'a', [one]);
      await m.setState(one, 'offline');
      await m.setState(two, 'offline');
      expect(await m.load('a', multipath([[two]]))).toBe('ENXIO');
      await done(m.load('a', multipath([[one]])), m.resume('a'));
      await m.events(1);
    },
  },
  {
    name: 'a disk that changed its size: a unit attention of its SCSI device, and its change with RESIZE=1, in either order',
    run: async (m) => {
      const [one] = await m.disks();
      const sectors = await m.resize(one);
      expect(sectors).not.toBe(SECTORS);
      const [attention, change, ...more] = attentionFirst(await m.events(2));
      expect(more).toEqual([]);
      expect(attention?.env).toMatchObject({
        ACTION: 'change',
        SUBSYSTEM: 'scsi',
        DEVTYPE: 'scsi_device',
        SDEV_UA: 'CAPACITY_DATA_HAS_CHANGED',
      });
      expect(change === undefined ? '' : told(change)).toBe(`change ${one.name} RESIZE=1`);
      expect(change?.env['DISKSEQ']).toBe(String(one.diskseq));
      expect(await m.disk(one.name)).toEqual({
        ...one,
        name: undefined,
        sizeSectors: sectors,
        state: 'running',
        readOnly: false,
        holders: [],
      });
      await m.rescan(one);
      expect(await nextEvents(m, 0)).toEqual([]);
    },
  },
  {
    name: 'a LUN that changed its size is not looked at by itself: only a rescan, or a state set to running, finds it',
    run: async (m) => {
      const [one] = await m.disks();
      await m.setState(one, 'offline');
      const sectors = await m.resizeUnseen(one);
      expect((await diskSight(m, one.name)).sizeSectors).toBe(SECTORS);
      expect(await nextEvents(m, 0)).toEqual([]);
      await m.setState(one, 'running');
      expect(
        (await nextEvents(m, 2)).map((text) => text.replace(/^change \d+:\d+:\d+:\d+ /, 'attention ')).sort(),
      ).toEqual(['attention SDEV_UA=CAPACITY_DATA_HAS_CHANGED', `change ${one.name} RESIZE=1`]);
      expect((await diskSight(m, one.name)).sizeSectors).toBe(sectors);
    },
  },
  {
    name: 'a path that grows or shrinks leaves its map as it is',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      const line = await lineOf(m, 'a', 'table');
      await m.resize(one);
      await m.events(2);
      expect([await sight(m, 'a'), await lineOf(m, 'a', 'table')]).toEqual([made, line]);
      expect(await m.disk(kernelName(made))).toMatchObject({ sizeSectors: SECTORS });
    },
  },
  {
    name: 'blockdev --setro is seen in sysfs alone: no event',
    run: async (m) => {
      const [one] = await m.disks();
      await m.setReadOnly(one, true);
      expect(await m.disk(one.name)).toMatchObject({ readOnly: true });
      await m.setReadOnly(one, false);
      expect(await m.disk(one.name)).toMatchObject({ readOnly: false });
      expect(await nextEvents(m, 0)).toEqual([]);
    },
  },
  {
    name: 'a LUN that is write-protected: a change with DISK_RO when the kernel looks; each look again takes it back and sets it',
    run: async (m) => {
      const [one] = await m.disks();
      await m.writeProtect(one, true);
      expect(await m.disk(one.name)).toMatchObject({ readOnly: true });
      expect(await nextEvents(m, 1)).toEqual([`change ${one.name} DISK_RO=1`]);
      await m.rescan(one);
      expect(await nextEvents(m, 2)).toEqual([`change ${one.name} DISK_RO=0`, `change ${one.name} DISK_RO=1`]);
      await m.writeProtect(one, false);
      expect(await nextEvents(m, 1)).toEqual([`change ${one.name} DISK_RO=0`]);
    },
  },
  {
    name: 'a write-protected disk is EROFS for a writable table, and taken into a read-only one',
    run: async (m) => {
      const [one, two] = await m.disks();
      const made = await makeMap(m, 'a', [two]);
      await m.writeProtect(one, true);
      await m.events(1);
      expect(await m.load('a', multipath([[one, two]]))).toBe('EROFS');
      await done(m.load('a', multipath([[one, two]], { readOnly: true })));
      expect(await m.load('a', multipath([[one]]))).toBe('EROFS');
      await done(m.resume('a'));
      expect(await sight(m, 'a')).toEqual({ ...made, readOnly: true });
      await m.events(2);
    },
  },
  {
    name: 'a disk that is write-protected while it is in a writable map can be loaded into it again',
    run: async (m) => {
      const [one] = await m.disks();
      const made = await makeMap(m, 'a', [one]);
      await m.writeProtect(one, true);
      await m.events(1);
      await swap(m, 'a', multipath([[one]]));
      expect(await sight(m, 'a')).toEqual(made);
      await swap(m, 'a', multipath([[one]], { readOnly: true }));
      expect(await m.load('a', multipath([[one]]))).toBe('EROFS');
      await m.events(3);
    },
  },
  {
    name: 'a map that holds a deleted disk opens it anew for a table of the other mode: ENXIO',
    run: async (m) => {
      const [one, two] = await m.disks();
      await makeMap(m, 'a', [one, two]);
      await m.deleteDisk(one);
      expect(await m.load('a', multipath([[one, two]], { readOnly: true }))).toBe('ENXIO');
      await done(m.load('a', multipath([[one, two]])));
      await m.events(1);
    },
  },
  {
    name: 'a disk that blockdev made read-only is taken into a writable map',
    run: async (m) => {
      const [one] = await m.disks();
      await m.setReadOnly(one, true);
      const made = await makeMap(m, 'a', [one]);
      expect([made.readOnly, (await diskSight(m, kernelName(made))).readOnly]).toEqual([false, false]);
    },
  },
];
