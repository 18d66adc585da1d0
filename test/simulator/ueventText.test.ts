import { messageBytes } from '../../src/simulator/eventText';
import type { Uevent } from '../../src/model/uevent';
import { addLun, createMachine, multipath, TWO_GROUPS, type Machine } from './machine';
import { messageText } from './messageText';

/** Messages that Linux 6.1 sent (scsi_debug, dm-multipath), without the NULs. */
const REAL = {
  diskAdd:
    'add@/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0/block/sda | ACTION=add | DEVPATH=/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0/block/sda | SUBSYSTEM=block | MAJOR=8 | MINOR=0 | DEVNAME=sda | DEVTYPE=disk | DISKSEQ=2 | SEQNUM=739',
  diskRemove:
    'remove@/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0/block/sda | ACTION=remove | DEVPATH=/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0/block/sda | SUBSYSTEM=block | MAJOR=8 | MINOR=0 | DEVNAME=sda | DEVTYPE=disk | DISKSEQ=2 | SEQNUM=789',
  diskSynthetic:
    'change@/devices/pseudo_0/adapter1/host1/target1:0:0/1:0:0:0/block/sdb | ACTION=change | DEVPATH=/devices/pseudo_0/adapter1/host1/target1:0:0/1:0:0:0/block/sdb | SUBSYSTEM=block | SYNTH_UUID=0 | MAJOR=8 | MINOR=16 | DEVNAME=sdb | DEVTYPE=disk | DISKSEQ=3 | SEQNUM=837',
  diskResized:
    'change@/devices/pseudo_0/adapter1/host1/target1:0:0/1:0:0:0/block/sdb | ACTION=change | DEVPATH=/devices/pseudo_0/adapter1/host1/target1:0:0/1:0:0:0/block/sdb | SUBSYSTEM=block | RESIZE=1 | MAJOR=8 | MINOR=16 | DEVNAME=sdb | DEVTYPE=disk | DISKSEQ=3 | SEQNUM=835',
  unitAttention:
    'change@/devices/pseudo_0/adapter1/host1/target1:0:0/1:0:0:0 | ACTION=change | DEVPATH=/devices/pseudo_0/adapter1/host1/target1:0:0/1:0:0:0 | SUBSYSTEM=scsi | SDEV_UA=CAPACITY_DATA_HAS_CHANGED | DEVTYPE=scsi_device | DRIVER=sd | MODALIAS=scsi:t-0x00 | SEQNUM=834',
  dmAdd:
    'add@/devices/virtual/block/dm-0 | ACTION=add | DEVPATH=/devices/virtual/block/dm-0 | SUBSYSTEM=block | MAJOR=253 | MINOR=0 | DEVNAME=dm-0 | DEVTYPE=disk | DISKSEQ=6 | SEQNUM=763',
  dmChange:
    'change@/devices/virtual/block/dm-0 | ACTION=change | DEVPATH=/devices/virtual/block/dm-0 | SUBSYSTEM=block | DM_COOKIE=6291456 | MAJOR=253 | MINOR=0 | DEVNAME=dm-0 | DEVTYPE=disk | DISKSEQ=6 | SEQNUM=764',
  pathFailed:
    'change@/devices/virtual/block/dm-0 | ACTION=change | DEVPATH=/devices/virtual/block/dm-0 | SUBSYSTEM=block | DM_TARGET=multipath | DM_ACTION=PATH_FAILED | DM_SEQNUM=1 | DM_PATH=8:0 | DM_NR_VALID_PATHS=2 | DM_NAME=t1 | DM_UUID=mpath-t1 | MAJOR=253 | MINOR=0 | DEVNAME=dm-0 | DEVTYPE=disk | DISKSEQ=6 | SEQNUM=767',
  pathReinstated:
    'change@/devices/virtual/block/dm-0 | ACTION=change | DEVPATH=/devices/virtual/block/dm-0 | SUBSYSTEM=block | DM_TARGET=multipath | DM_ACTION=PATH_REINSTATED | DM_SEQNUM=2 | DM_PATH=8:0 | DM_NR_VALID_PATHS=3 | DM_NAME=t1 | DM_UUID=mpath-t1 | MAJOR=253 | MINOR=0 | DEVNAME=dm-0 | DEVTYPE=disk | DISKSEQ=6 | SEQNUM=770',
  dmRemove:
    'remove@/devices/virtual/block/dm-0 | ACTION=remove | DEVPATH=/devices/virtual/block/dm-0 | SUBSYSTEM=block | DM_COOKIE=6291456 | MAJOR=253 | MINOR=0 | DEVNAME=dm-0 | DEVTYPE=disk | DISKSEQ=6 | SEQNUM=809',
  dmDiskRemove:
    'remove@/devices/virtual/block/dm-0 | ACTION=remove | DEVPATH=/devices/virtual/block/dm-0 | SUBSYSTEM=block | MAJOR=253 | MINOR=0 | DEVNAME=dm-0 | DEVTYPE=disk | DISKSEQ=6 | SEQNUM=811',
};

const spelled = (event: Uevent): string =>
  messageText(event)
    .replace(/\0$/, '')
    .split('\0')
    .join(' | ')
    .replace(/SEQNUM=\d+$/, 'SEQNUM');
const real = (text: string): string => text.replace(/SEQNUM=\d+$/, 'SEQNUM');

async function tell(m: Machine, action: () => void): Promise<string[]> {
  await m.time.run(10);
  m.batches.length = 0;
  action();
  await m.time.run(10);
  return m.events().map(spelled);
}

/** Four disks with the sequence numbers 2 to 5, as in the recording. So the map has 6. */
function recordedMachine(): Machine {
  const m = createMachine();
  for (let host = 0; host < 4; host++) m.admin.addDisk({ wwid: '333333330000007d0', hcil: `${host}:0:0:0` });
  return m;
}

test('a disk that comes and goes', async () => {
  const m = createMachine();
  expect(await tell(m, () => m.admin.addDisk({ wwid: '333333330000007d0', hcil: '0:0:0:0' }))).toEqual([
    real(REAL.diskAdd),
  ]);
  expect(await tell(m, () => m.admin.removeDisk('sda'))).toEqual([real(REAL.diskRemove)]);
});

test('changes of a disk', async () => {
  const m = recordedMachine();
  expect(await tell(m, () => m.admin.trigger('sdb', 'change'))).toEqual([real(REAL.diskSynthetic)]);
  expect(await tell(m, () => m.admin.resize('sdb', 6291456))).toEqual([
    real(REAL.unitAttention),
    real(REAL.diskResized),
  ]);
});

test('the life of a map', async () => {
  const m = recordedMachine();
  expect(await tell(m, () => m.admin.createEmptyMap('t1', 'mpath-t1'))).toEqual([]);
  const table = multipath(TWO_GROUPS);
  expect(await tell(m, () => m.admin.reloadMap('t1', table))).toEqual([real(REAL.dmAdd), real(REAL.dmChange)]);
  expect(await tell(m, () => m.admin.reloadMap('t1', table))).toEqual([real(REAL.dmChange)]);
  expect(await tell(m, () => m.admin.messageMap('t1', 'fail_path 8:0'))).toEqual([real(REAL.pathFailed)]);
  expect(await tell(m, () => m.admin.messageMap('t1', 'reinstate_path 8:0'))).toEqual([real(REAL.pathReinstated)]);
  expect(await tell(m, () => m.admin.suspendMap('t1'))).toEqual([]);
  expect(await tell(m, () => m.admin.resumeMap('t1'))).toEqual([real(REAL.dmChange)]);
  expect(await tell(m, () => m.admin.resumeMap('t1'))).toEqual([]);
  expect(await tell(m, () => m.admin.renameMap('t1', 't2'))).toEqual([real(REAL.dmChange)]);
  expect(await tell(m, () => m.admin.removeMap('t2'))).toEqual([real(REAL.dmRemove), real(REAL.dmDiskRemove)]);
});

test('a resized map has RESIZE=1', async () => {
  const m = recordedMachine();
  m.admin.createMap('t1', 'mpath-t1', multipath(TWO_GROUPS, 8192));
  const [change] = await tell(m, () => m.admin.reloadMap('t1', multipath(TWO_GROUPS, 16384)));
  expect(change).toContain('DM_COOKIE=6291456 | RESIZE=1 | MAJOR=253');
});

test('every event: fields, variables and length agree, sequence numbers rise by one', async () => {
  const m = createMachine({ udev: null });
  const names = addLun(m, 1, 4);
  m.admin.createMap('a', 'mpath-a', multipath(TWO_GROUPS));
  for (const name of names) m.admin.change(name, { answer: 'down', io: true });
  m.admin.setReadOnly('sda', true);
  m.admin.removeDisk('sdd');
  await m.time.run(10);
  const events = m.events();
  expect(events.length).toBeGreaterThan(9);
  events.forEach((e, n) => {
    expect(e.env).toMatchObject({
      ACTION: e.action,
      DEVPATH: e.devpath,
      SUBSYSTEM: e.subsystem,
      SEQNUM: String(e.seqnum),
      DISKSEQ: String(e.diskseq),
      MAJOR: e.devt?.split(':')[0],
      MINOR: e.devt?.split(':')[1],
      DEVNAME: e.name,
      DEVTYPE: 'disk',
    });
    expect(messageBytes(e)).toBe(Buffer.byteLength(messageText(e)));
    expect(e.seqnum).toBe((events[0] as Uevent).seqnum + n);
  });
});

test('a fence comes back with its UUID, after all earlier events', async () => {
  const m = recordedMachine();
  const uuid = '11111111-2222-3333-4444-555555555555';
  const written = m.ports.fence(uuid);
  expect(await m.ask(written)).toEqual({ ok: true, value: null });
  const events = m.events();
  expect(events.map((e) => e.synthUuid)).toEqual([null, null, null, null, uuid]);
  expect(spelled(events[4] as Uevent)).toBe(
    `change@/module/dm_mod | ACTION=change | DEVPATH=/module/dm_mod | SUBSYSTEM=module | SYNTH_UUID=${uuid} | SYNTH_ARG_MPATHD=1 | SEQNUM`,
  );
});

test('a fence that is no UUID is refused', async () => {
  const m = createMachine();
  expect(await m.ask(m.ports.fence('hello'))).toMatchObject({ ok: false, failure: { errno: 'EINVAL' } });
  expect(m.events()).toEqual([]);
});
