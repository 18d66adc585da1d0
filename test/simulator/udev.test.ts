import { addLun, createMachine, multipath, valueOf, WWID, type Machine } from './machine';
import type { Uevent } from '../../src/model/uevent';

const recordOf = async (m: Machine, name: string) => valueOf(await m.ask(m.ports.blocks.read(name))).udev;
const passed = (m: Machine): Uevent[] => m.udevBatches.flatMap((b) => b.events);
const told = (m: Machine): string[] => passed(m).map((e) => `${e.action} ${e.name}`);

test('the record exists only when the rules are done, and then the event is sent on', async () => {
  const m = createMachine({ udev: { delayMs: 5000 } });
  addLun(m, 1, 1);
  expect(await recordOf(m, 'sda')).toBeNull();
  expect(passed(m)).toEqual([]);
  await m.time.run(5000);
  expect(await recordOf(m, 'sda')).toMatchObject({
    ID_SERIAL: WWID(1),
    ID_SERIAL_SHORT: WWID(1).slice(1),
    ID_BUS: 'scsi',
    ID_WWN: `0x${WWID(1).slice(1, 17)}`,
    SCSI_IDENT_LUN_NAA_REGEXT: WWID(1).slice(1),
  });
  expect(passed(m)).toMatchObject([
    {
      source: 'udev',
      action: 'add',
      name: 'sda',
      devt: '8:0',
      diskseq: 2,
      env: { DEVNAME: '/dev/sda', DISKSEQ: '2', ID_SERIAL: WWID(1) },
    },
  ]);
});

test('events of one device wait for each other, events of different devices do not', async () => {
  const m = createMachine({ udev: { delayMs: 100 } });
  addLun(m, 1, 2);
  m.admin.trigger('sda', 'change', 2);
  await m.time.run(150);
  expect(told(m)).toEqual(['add sda', 'add sdb']);
  await m.time.run(200);
  expect(told(m)).toEqual(['add sda', 'add sdb', 'change sda', 'change sda']);
});

test('a remove deletes the record', async () => {
  const m = createMachine();
  addLun(m, 1, 1);
  await m.time.run(100);
  expect(m.world.udevDatabase.has('8:0')).toBe(true);
  m.admin.removeDisk('sda');
  await m.time.run(100);
  expect(m.world.udevDatabase.has('8:0')).toBe(false);
  expect(told(m)).toEqual(['add sda', 'remove sda']);
});

test('while udevd is stopped the record of the earlier disk stays, and does not count; after continue udevd catches up', async () => {
  const m = createMachine();
  addLun(m, 1, 1);
  await m.time.run(100);
  m.udev?.stop();
  m.admin.removeDisk('sda');
  addLun(m, 2, 1);
  await m.time.run(60_000);
  expect(m.world.udevDatabase.get('8:0')).toMatchObject({ diskseq: 2, properties: { ID_SERIAL: WWID(1) } });
  expect(valueOf(await m.ask(m.ports.blocks.read('sda')))).toMatchObject({ diskseq: 3, udev: null });
  m.udev?.continue();
  await m.time.run(1000);
  expect((await recordOf(m, 'sda'))?.['ID_SERIAL']).toBe(WWID(2));
  expect(told(m)).toEqual(['add sda', 'remove sda', 'add sda']);
});

test('an event in work when udevd is stopped is finished afterwards', async () => {
  const m = createMachine({ udev: { delayMs: 50 } });
  addLun(m, 1, 1);
  await m.time.run(10);
  m.udev?.stop();
  await m.time.run(1000);
  expect(passed(m)).toEqual([]);
  m.udev?.continue();
  await m.time.run(10);
  expect(told(m)).toEqual(['add sda']);
});

test('a killed udevd loses its unfinished events; a new one sees only later events', async () => {
  const m = createMachine();
  addLun(m, 1, 1);
  m.udev?.kill();
  await m.time.run(1000);
  m.udev?.start();
  addLun(m, 2, 1);
  m.admin.addDisk({ wwid: WWID(3), hcil: '5:0:0:3' });
  await m.time.run(1000);
  expect(told(m)).toEqual(['add sdb', 'add sdc']);
  expect(m.udev?.state()).toBe('running');
});

test('a worker that is killed during an event leaves no record and sends no event', async () => {
  const m = createMachine();
  m.udev?.setLoss(1);
  addLun(m, 1, 1);
  await m.time.run(1000);
  expect(await recordOf(m, 'sda')).toBeNull();
  expect(passed(m)).toEqual([]);
});

test('the rules look at the disk that has the name when they run', async () => {
  const m = createMachine({ udev: { delayMs: 500 } });
  addLun(m, 1, 1);
  m.admin.removeDisk('sda');
  addLun(m, 2, 1);
  await m.time.run(600);
  expect(passed(m)[0]).toMatchObject({ action: 'add', diskseq: 2, env: { ID_SERIAL: WWID(2) } });
  expect(await recordOf(m, 'sda')).toBeNull();
  await m.time.run(1000);
  expect((await recordOf(m, 'sda'))?.['ID_SERIAL']).toBe(WWID(2));
});

test('a new disk that does not answer gets a record without an identity', async () => {
  const m = createMachine();
  m.admin.addDisk({ wwid: WWID(1), hcil: '0:0:0:1', answer: 'down' });
  await m.time.run(100);
  expect(await recordOf(m, 'sda')).toEqual({});
});

test('a disk that does not answer gets no new identity', async () => {
  const m = createMachine();
  addLun(m, 1, 1);
  await m.time.run(100);
  m.admin.remap('sda', WWID(9));
  m.admin.change('sda', { answer: 'down' });
  m.admin.trigger('sda', 'change');
  await m.time.run(100);
  expect((await recordOf(m, 'sda'))?.['ID_SERIAL']).toBe(WWID(1));
});

test('maps have records too', async () => {
  const m = createMachine();
  m.admin.createMap('a', 'mpath-a', multipath('0 0 0 0'));
  await m.time.run(100);
  expect(passed(m).map((e) => e.action)).toEqual(['add', 'change']);
  expect(passed(m)[1]?.env).toMatchObject({
    DM_NAME: 'a',
    DM_UUID: 'mpath-a',
    DEVNAME: '/dev/dm-0',
    DM_COOKIE: '6291456',
  });
});

test('a machine without udev', async () => {
  const m = createMachine({ udev: null });
  addLun(m, 1, 1);
  expect([m.udev, m.ports.udevUevents]).toEqual([null, null]);
  expect(await recordOf(m, 'sda')).toBeNull();
});
