import { addLun, createMachine, failureOf, multipath, TWO_GROUPS, valueOf, WWID, type Machine } from './machine';
import type { CheckOutcome } from '../../src/model/facts';
import type { PathChange } from '../../src/simulator/admin';

const read = async (m: Machine, name: string) => valueOf(await m.ask(m.ports.blocks.read(name)));

describe('reading a disk', () => {
  test('all facts', async () => {
    const m = createMachine({ udev: null });
    m.admin.addDisk({ wwid: '333333330000007d0', hcil: '0:0:0:0', accessState: 'standby', preferredPath: true });
    expect(await read(m, 'sda')).toEqual({
      name: 'sda',
      devt: '8:0',
      diskseq: 2,
      devpath: '/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0/block/sda',
      sizeSectors: 16384,
      readOnly: false,
      hidden: false,
      bus: 'scsi',
      vendor: 'SIM',
      model: 'LUN',
      revision: '0001',
      hcil: '0:0:0:0',
      state: 'running',
      tpgs: 'implicit',
      accessState: 'standby',
      preferredPath: true,
      deviceHandler: 'alua',
      // Page 0x83: NAA 3, relative port 1, port group 0x100; page 0x80: the last eight digits.
      vpd83: '0083001c0103000833333330000007d0619400040000000161950004' + '00000100',
      vpd80: '00800008' + Buffer.from('000007d0').toString('hex'),
      sysfsWwid: null,
      timeoutSeconds: 30,
      maxSectorsKb: 512,
      transport: {
        protocol: 'scsi:fcp',
        hostWwnn: null,
        hostWwpn: null,
        targetWwnn: null,
        targetWwpn: null,
        hostAdapter: null,
      },
      holders: [],
      udev: null,
      udevNames: '',
    });
  });

  test('a page 0x83 announces its own length', async () => {
    const m = createMachine();
    addLun(m, 1, 1);
    const page = Buffer.from((await read(m, 'sda')).vpd83 ?? '', 'hex');
    expect(page.readUInt16BE(2)).toBe(page.length - 4);
    expect(page.subarray(8, 24).toString('hex')).toBe(WWID(1).slice(1));
  });

  test('holders, maps and a missing disk', async () => {
    const m = createMachine();
    addLun(m, 1, 4);
    m.admin.createMap('t', 'mpath-t', multipath(TWO_GROUPS));
    expect((await read(m, 'sda')).holders).toEqual(['dm-0']);
    expect((await read(m, 'sdd')).holders).toEqual([]);
    expect(await read(m, 'dm-0')).toMatchObject({ bus: 'dm', devt: '253:0', sizeSectors: 16384 });
    m.admin.removeDisk('sda');
    for (const name of ['sda', 'sdz', 'dm-1', '', '../sda']) {
      expect(failureOf(await m.ask(m.ports.blocks.read(name)))).toMatchObject({
        errno: 'ENOENT',
        code: 'KERNEL_ERROR',
      });
    }
  });

  test('a remapped LUN has another identity on the same disk, and only a unit attention reports it', async () => {
    const m = createMachine();
    addLun(m, 1, 1);
    const before = await read(m, 'sda');
    m.batches.length = 0;
    m.admin.remap('sda', WWID(9), 4096);
    const after = await read(m, 'sda');
    expect([after.devt, after.diskseq, after.name]).toEqual([before.devt, before.diskseq, before.name]);
    expect(after.vpd83).not.toBe(before.vpd83);
    expect(after.sizeSectors).toBe(4096);
    expect(after.udev?.['ID_SERIAL']).toBe(WWID(1));
    expect(m.events().map((e) => [e.subsystem, e.env['SDEV_UA']])).toEqual([['scsi', 'INQUIRY_DATA_HAS_CHANGED']]);
  });
});

describe('a LUN swapped by the array', () => {
  const OTHER = { wwid: WWID(9), sizeSectors: 4096, attention: null };

  test('is not seen until the disk is rescanned, and checks go on', async () => {
    const m = createMachine();
    addLun(m, 1, 1);
    await m.time.run(100);
    const before = await read(m, 'sda');
    m.batches.length = 0;
    m.admin.swapLun('sda', OTHER);
    expect(await read(m, 'sda')).toEqual(before);
    expect(m.truth().paths.get('sda')).toMatchObject({ wwid: WWID(1), sizeSectors: before.sizeSectors });
    const outcome = await m.ask(
      m.ports.blocks.check({ name: 'sda', devt: '8:0', diskseq: 2, method: 'tur', timeoutMs: 500, identity: null }),
    );
    expect(outcome).toMatchObject({ state: 'up', sizeSectors: before.sizeSectors });
    expect(m.events()).toEqual([]);
    m.admin.rescan('sda');
    await m.time.run(10);
    expect(m.truth().paths.get('sda')).toMatchObject({ wwid: WWID(9), sizeSectors: 4096, diskseq: before.diskseq });
    expect((await read(m, 'sda')).vpd83).not.toBe(before.vpd83);
    expect(m.events().map((e) => e.env['RESIZE'])).toEqual(['1']);
  });

  test('of the same size: the rescan sends no event', async () => {
    const m = createMachine();
    addLun(m, 1, 1);
    await m.time.run(10);
    m.batches.length = 0;
    m.admin.swapLun('sda', { ...OTHER, sizeSectors: 16384 });
    m.admin.rescan('sda');
    await m.time.run(10);
    expect([m.truth().paths.get('sda')?.wwid, m.events()]).toEqual([WWID(9), []]);
  });

  test('is noticed when the state is set to running, but not if the disk was running', async () => {
    const m = createMachine();
    addLun(m, 1, 1);
    m.admin.swapLun('sda', OTHER);
    m.admin.change('sda', { state: 'running' });
    expect(m.truth().paths.get('sda')?.wwid).toBe(WWID(1));
    m.admin.change('sda', { state: 'offline' });
    m.admin.change('sda', { state: 'running' });
    expect(m.truth().paths.get('sda')?.wwid).toBe(WWID(9));
  });

  test('that is remapped once more does not appear later', async () => {
    const m = createMachine();
    addLun(m, 1, 1);
    m.admin.swapLun('sda', OTHER);
    m.admin.remap('sda', WWID(5));
    m.admin.rescan('sda');
    expect(m.truth().paths.get('sda')?.wwid).toBe(WWID(5));
  });

  test('must have a WWID that a page can have', () => {
    const m = createMachine();
    addLun(m, 1, 1);
    expect(() => m.admin.swapLun('sda', { ...OTHER, wwid: 'abc' })).toThrow('EINVAL');
    m.admin.rescan('sda');
    expect(m.truth().paths.get('sda')?.wwid).toBe(WWID(1));
  });
});

describe('a disk that is read-only', () => {
  test('read-only by blockdev it can be in a table; write-protected by the array it is not opened for writing', () => {
    const m = createMachine();
    addLun(m, 1, 2);
    m.admin.setNodeReadOnly('sda', true);
    m.admin.createMap('a', 'mpath-a', multipath('0 0 1 1 round-robin 0 1 1 8:0 1'));
    m.admin.setReadOnly('sdb', true);
    const onB = multipath('0 0 1 1 round-robin 0 1 1 8:16 1');
    expect(() => m.admin.createMap('b', 'mpath-b', onB)).toThrow('EROFS');
    m.admin.createMap('b', 'mpath-b', { ...onB, readOnly: true });
    expect(m.truth().maps.get('mpath-b')?.facts.readOnly).toBe(true);
  });

  test('a rescan undoes what blockdev set', () => {
    const m = createMachine();
    addLun(m, 1, 1);
    m.admin.setNodeReadOnly('sda', true);
    m.admin.rescan('sda');
    expect(m.world.disks.get('sda')?.readOnly).toBe(false);
  });
});

describe('checking a path', () => {
  const check = (m: Machine, method: 'tur' | 'directio', more = {}): Promise<CheckOutcome> =>
    m.ask(
      m.ports.blocks.check({ name: 'sda', devt: '8:0', diskseq: 2, method, timeoutMs: 500, identity: null, ...more }),
    );

  const cases: Array<[PathChange, CheckOutcome['state'], CheckOutcome['state']]> = [
    [{}, 'up', 'up'],
    [{ answer: 'down' }, 'down', 'down'],
    [{ answer: 'ghost' }, 'ghost', 'down'],
    [{ answer: 'transitioning' }, 'transitioning', 'down'],
    [{ answer: 'hangs' }, 'timeout', 'timeout'],
    [{ state: 'offline' }, 'down', 'down'],
    [{ state: 'offline', answer: 'hangs' }, 'down', 'down'],
    [{ state: 'transport-offline' }, 'down', 'down'],
    [{ state: 'blocked', answer: 'down' }, 'transitioning', 'transitioning'],
    [{ state: 'quiesce' }, 'transitioning', 'transitioning'],
  ];
  test.each(cases)('%j: TEST UNIT READY says %s, a read %s', async (change, tur, readState) => {
    const m = createMachine();
    addLun(m, 1, 1);
    m.admin.change('sda', change);
    expect((await check(m, 'tur')).state).toBe(tur);
    expect((await check(m, 'directio')).state).toBe(readState);
  });

  test('the outcome has the state of sysfs', async () => {
    const m = createMachine();
    addLun(m, 1, 1);
    m.admin.change('sda', { accessState: 'active/non-optimized', preferredPath: true });
    m.admin.resize('sda', 100);
    expect(await check(m, 'tur')).toEqual({
      state: 'up',
      message: 'tur checker reports path is up',
      sysfsState: 'running',
      accessState: 'active/non-optimized',
      preferredPath: true,
      sizeSectors: 100,
      identity: null,
    });
  });

  test.each([
    ['a name that is gone', { name: 'sdb' }],
    ['another disk under the name', { diskseq: 1 }],
    ['another number under the name', { devt: '8:16' }],
  ])('%s is removed', async (_, more) => {
    const m = createMachine();
    addLun(m, 1, 1);
    expect((await check(m, 'tur', more)).state).toBe('removed');
  });

  test('a hang takes the whole timeout, and no other call waits for it', async () => {
    const m = createMachine();
    addLun(m, 1, 2);
    m.admin.change('sda', { answer: 'hangs' });
    const done: string[] = [];
    void m.ports.blocks
      .check({ name: 'sda', devt: '8:0', diskseq: 2, method: 'tur', timeoutMs: 30_000, identity: null })
      .then((o) => done.push(o.state));
    void m.ports.blocks
      .check({ name: 'sdb', devt: '8:16', diskseq: 3, method: 'tur', timeoutMs: 30_000, identity: null })
      .then((o) => done.push(o.state));
    await m.time.run(29_000);
    expect(done).toEqual(['up']);
    await m.time.run(2_000);
    expect(done).toEqual(['up', 'timeout']);
  });
});

describe('I/O and maps', () => {
  test('I/O on a dead path fails the path in every map; an idle map does not notice', async () => {
    const m = createMachine();
    addLun(m, 1, 4);
    m.admin.createMap('a', 'mpath-a', multipath(TWO_GROUPS));
    m.admin.createMap('b', 'mpath-b', multipath('0 0 1 1 round-robin 0 1 1 8:0 1'));
    m.admin.change('sda', { answer: 'down' });
    const states = () => [...m.truth().maps.values()].map((t) => t.paths[0]?.active);
    expect(states()).toEqual([true, true]);
    m.admin.change('sda', { io: true });
    expect(states()).toEqual([false, false]);
    expect(m.truth().maps.get('mpath-a')?.facts.eventNr).toBe(1);
  });

  test('a flap fails the path and lets it answer again, but does not reinstate it', async () => {
    const m = createMachine();
    addLun(m, 1, 3);
    m.admin.createMap('a', 'mpath-a', multipath(TWO_GROUPS));
    m.admin.flap('sda', 500);
    expect(m.truth().paths.get('sda')?.answer).toBe('down');
    await m.time.run(600);
    expect(m.truth().paths.get('sda')?.answer).toBe('up');
    expect(m.truth().maps.get('mpath-a')?.paths[0]?.active).toBe(false);
  });

  test('a flap does not bring up a later disk of the same name', async () => {
    const m = createMachine();
    addLun(m, 1, 1);
    m.admin.flap('sda', 500);
    m.admin.removeDisk('sda');
    m.admin.addDisk({ wwid: WWID(1), hcil: '0:0:0:1', answer: 'ghost' });
    await m.time.run(600);
    expect(m.truth().paths.get('sda')?.answer).toBe('ghost');
  });
});

describe('an impossible address or identity', () => {
  test.each([
    [{ wwid: 'abc', hcil: '0:0:0:1' }, 'EINVAL'],
    [{ wwid: WWID(1), hcil: '0:0:1' }, 'EINVAL'],
    [{ wwid: WWID(1), hcil: '0:0:0:7' }, 'EEXIST'],
  ])('%j', (spec, errno) => {
    const m = createMachine();
    m.admin.addDisk({ wwid: WWID(7), hcil: '0:0:0:7' });
    expect(() => m.admin.addDisk(spec)).toThrow(errno);
    expect(m.admin.addDisk({ wwid: WWID(8), hcil: '0:0:0:8' })).toBe('sdb');
  });
});
