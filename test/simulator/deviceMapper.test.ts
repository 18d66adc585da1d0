import { addLun, createMachine, failureOf, multipath, TWO_GROUPS, valueOf, type Machine } from './machine';
import type { MapFacts } from '../../src/model/facts';
import type { Reading } from '../../src/model/failure';

const create = (
  m: Machine,
  name: string,
  uuid: string,
  params = TWO_GROUPS,
  sizeSectors = 16384,
): Promise<Reading<MapFacts>> =>
  m.ask(m.ports.deviceMapper.create({ name, uuid, sizeSectors, readOnly: false, params }));

const reload = (m: Machine, uuid: string, params: string, sizeSectors = 16384): Promise<Reading<MapFacts>> =>
  m.ask(m.ports.deviceMapper.reload({ uuid, sizeSectors, readOnly: false, params }));

const read = (m: Machine, uuid: string): Promise<Reading<MapFacts>> => m.ask(m.ports.deviceMapper.read(uuid));

async function withMap(): Promise<Machine> {
  const m = createMachine();
  addLun(m, 1, 4);
  valueOf(await create(m, 't1', 'mpath-t1'));
  return m;
}

describe('tables and status lines, as dmsetup showed them on Linux 6.1', () => {
  test('a new map', async () => {
    const m = createMachine();
    addLun(m, 1, 4);
    expect(valueOf(await create(m, 't1', 'mpath-t1'))).toEqual({
      uuid: 'mpath-t1',
      name: 't1',
      devt: '253:0',
      diskseq: 6,
      eventNr: 0,
      openCount: 0,
      suspended: false,
      readOnly: false,
      hasLiveTable: true,
      hasInactiveTable: false,
      targets: [
        {
          startSector: 0,
          lengthSectors: 16384,
          type: 'multipath',
          table: '0 1 alua 2 1 service-time 0 2 2 8:0 1 1 8:16 1 1 service-time 0 1 2 8:32 1 1 ',
          status: '2 0 1 0 2 1 A 0 2 2 8:0 A 0 0 1 8:16 A 0 0 1 E 0 1 2 8:32 A 0 0 1 ',
        },
      ],
    });
  });

  test.each([
    [
      'round-robin',
      '0 0 1 1 round-robin 0 1 1 8:0 1',
      '0 0 1 1 round-robin 0 1 1 8:0 1 ',
      '2 0 0 0 1 1 A 0 1 0 8:0 A 0 ',
    ],
    [
      'queue-length',
      '0 0 1 1 queue-length 0 1 1 8:0 1',
      '0 0 1 1 queue-length 0 1 1 8:0 1 ',
      '2 0 0 0 1 1 A 0 1 1 8:0 A 0 0 ',
    ],
    [
      'service-time with both arguments',
      '0 0 1 1 service-time 0 1 2 8:0 1 7',
      '0 0 1 1 service-time 0 1 2 8:0 1 7 ',
      '2 0 0 0 1 1 A 0 1 2 8:0 A 0 0 7 ',
    ],
    [
      'service-time without arguments',
      '0 0 1 1 service-time 0 1 0 8:0',
      '0 0 1 1 service-time 0 1 2 8:0 1 1 ',
      '2 0 0 0 1 1 A 0 1 2 8:0 A 0 0 1 ',
    ],
    ['no paths', '0 0 0 0', '0 0 0 0 ', '2 1 0 0 0 0 '],
    [
      'features',
      '3 queue_if_no_path pg_init_retries 50 1 alua 1 1 round-robin 0 1 1 8:0 1',
      '3 queue_if_no_path pg_init_retries 50 1 alua 1 1 round-robin 0 1 1 8:0 1 ',
      '2 0 1 0 1 1 A 0 1 0 8:0 A 0 ',
    ],
  ])('%s', async (_, params, table, status) => {
    const m = createMachine();
    addLun(m, 1, 4);
    const [target] = valueOf(await create(m, 't', 'mpath-t', params)).targets;
    expect([target?.table, target?.status]).toEqual([table, status]);
  });

  test('a failed path, its group, and the way back', async () => {
    const m = await withMap();
    const status = async (message: string): Promise<string | undefined> => {
      valueOf(await m.ask(m.ports.deviceMapper.message('mpath-t1', message)));
      return valueOf(await read(m, 'mpath-t1')).targets[0]?.status;
    };
    expect(await status('fail_path 8:0')).toBe('2 0 1 0 2 1 A 0 2 2 8:0 F 1 0 1 8:16 A 0 0 1 E 0 1 2 8:32 A 0 0 1 ');
    expect(await status('fail_path 8:16')).toBe('2 0 1 0 2 2 E 0 2 2 8:0 F 1 0 1 8:16 F 1 0 1 A 0 1 2 8:32 A 0 0 1 ');
    expect(await status('reinstate_path 8:0')).toBe(
      '2 0 1 0 2 2 E 0 2 2 8:0 A 1 0 1 8:16 F 1 0 1 A 0 1 2 8:32 A 0 0 1 ',
    );
    expect(await status('switch_group 1')).toBe('2 0 1 0 2 1 A 0 2 2 8:0 A 1 0 1 8:16 F 1 0 1 E 0 1 2 8:32 A 0 0 1 ');
    expect(await status('disable_group 1')).toBe('2 0 1 0 2 2 D 0 2 2 8:0 A 1 0 1 8:16 F 1 0 1 A 0 1 2 8:32 A 0 0 1 ');
  });

  test('a reload forgets path states and failure counts', async () => {
    const m = await withMap();
    valueOf(await m.ask(m.ports.deviceMapper.message('mpath-t1', 'fail_path 8:0')));
    const facts = valueOf(await reload(m, 'mpath-t1', TWO_GROUPS));
    expect(facts.targets[0]?.status).toContain('8:0 A 0 ');
  });

  test('queue_if_no_path shows in the table', async () => {
    const m = await withMap();
    valueOf(await m.ask(m.ports.deviceMapper.message('mpath-t1', 'queue_if_no_path')));
    expect(valueOf(await read(m, 'mpath-t1')).targets[0]?.table).toMatch(/^1 queue_if_no_path 1 alua /);
    valueOf(await m.ask(m.ports.deviceMapper.message('mpath-t1', 'fail_if_no_path')));
    expect(valueOf(await read(m, 'mpath-t1')).targets[0]?.table).toMatch(/^0 1 alua /);
  });
});

describe('event numbers', () => {
  test('path failures and reinstatements raise them once, repetitions do not', async () => {
    const m = await withMap();
    const numbers: number[] = [];
    for (const message of [
      'fail_path 8:0',
      'fail_path 8:0',
      'fail_path 8:16',
      'reinstate_path 8:0',
      'reinstate_path 8:0',
      'switch_group 2',
      'disable_group 1',
      'enable_group 1',
      'queue_if_no_path',
    ]) {
      valueOf(await m.ask(m.ports.deviceMapper.message('mpath-t1', message)));
      numbers.push(valueOf(await read(m, 'mpath-t1')).eventNr);
    }
    expect(numbers).toEqual([1, 1, 2, 3, 3, 4, 5, 6, 6]);
  });

  test('a reload and a resume do not, a rename does (seen on Linux 6.1)', async () => {
    const m = await withMap();
    expect(valueOf(await reload(m, 'mpath-t1', TWO_GROUPS)).eventNr).toBe(0);
    m.admin.suspendMap('t1');
    m.admin.resumeMap('t1');
    expect(valueOf(await read(m, 'mpath-t1')).eventNr).toBe(0);
    valueOf(await m.ask(m.ports.deviceMapper.rename('mpath-t1', 't2')));
    expect(valueOf(await read(m, 'mpath-t1')).eventNr).toBe(1);
  });

  test('DM_SEQNUM counts the path events of one map without gaps', async () => {
    const m = await withMap();
    valueOf(await create(m, 't2', 'mpath-t2'));
    for (const [map, message] of [
      ['t1', 'fail_path 8:0'],
      ['t2', 'fail_path 8:0'],
      ['t1', 'switch_group 2'],
      ['t1', 'fail_path 8:16'],
    ] as const) {
      m.admin.messageMap(map, message);
    }
    await m.time.run(10);
    const told = m
      .events()
      .filter((e) => e.env['DM_ACTION'] !== undefined)
      .map((e) => [e.env['DM_NAME'], e.env['DM_SEQNUM']]);
    expect(told).toEqual([
      ['t1', '1'],
      ['t2', '1'],
      ['t1', '2'],
    ]);
  });
});

describe('the global event', () => {
  async function calls(m: Machine, action: () => void): Promise<number> {
    let count = 0;
    m.ports.deviceMapper.startEvents(() => count++);
    action();
    await m.time.run(10);
    m.ports.deviceMapper.stop();
    return count;
  }

  const cases: Array<[string, (m: Machine) => void, number]> = [
    ['create', (m) => m.admin.createEmptyMap('x', 'mpath-x'), 1],
    ['remove', (m) => m.admin.removeMap('t1'), 1],
    ['rename', (m) => m.admin.renameMap('t1', 'x'), 1],
    ['path failure', (m) => m.admin.messageMap('t1', 'fail_path 8:0'), 1],
    [
      'many at once are one call',
      (m) => ['fail_path 8:0', 'fail_path 8:16'].forEach((x) => m.admin.messageMap('t1', x)),
      1,
    ],
    ['reload: a table goes live', (m) => m.admin.reloadMap('t1', multipath(TWO_GROUPS)), 1],
    [
      'suspend and resume',
      (m) => {
        m.admin.suspendMap('t1');
        m.admin.resumeMap('t1');
      },
      0,
    ],
    ['a disk', (m) => m.admin.removeDisk('sda'), 0],
  ];
  test.each(cases)('%s', async (_, action, expected) => {
    const m = await withMap();
    expect(await calls(m, () => action(m))).toBe(expected);
  });

  test('the uevents of a path failure come before it', async () => {
    const m = await withMap();
    const order: string[] = [];
    m.ports.kernelUevents.stop();
    m.ports.kernelUevents.start(() => order.push('uevent'));
    m.ports.deviceMapper.startEvents(() => order.push('event'));
    m.admin.messageMap('t1', 'fail_path 8:0');
    await m.time.run(10);
    expect(order).toEqual(['uevent', 'event']);
  });

  test('events before startEvents are not reported', async () => {
    const m = await withMap();
    m.admin.messageMap('t1', 'fail_path 8:0');
    expect(await calls(m, () => undefined)).toBe(0);
  });
});

describe('errnos', () => {
  type Call = (m: Machine) => Promise<Reading<unknown>>;
  const dm = (m: Machine) => m.ports.deviceMapper;
  const group = (paths: string): string => `0 0 1 1 service-time 0 ${paths}`;
  const cases: Array<[string, Call, string]> = [
    ['create: name exists', (m) => create(m, 't1', 'mpath-x'), 'EBUSY'],
    ['create: UUID exists', (m) => create(m, 'x', 'mpath-t1'), 'EBUSY'],
    ['create: slash in the name', (m) => create(m, 'a/b', 'mpath-x'), 'EINVAL'],
    ['create: name too long', (m) => create(m, 'x'.repeat(128), 'mpath-x'), 'EINVAL'],
    ['create: UUID too long', (m) => create(m, 'x', `mpath-${'x'.repeat(123)}`), 'EINVAL'],
    ['read: absent', (m) => read(m, 'mpath-x'), 'ENXIO'],
    ['read: no UUID', (m) => read(m, ''), 'ENXIO'],
    ['read by number: absent', (m) => dm(m).readByDevt('253:9'), 'ENXIO'],
    ['reload: absent map', (m) => reload(m, 'mpath-x', TWO_GROUPS), 'ENXIO'],
    ['reload: no such disk', (m) => reload(m, 'mpath-t1', group('1 1 8:240 1')), 'ENXIO'],
    [
      'reload: disk taken by a mount',
      (m) => {
        m.admin.claim('sdd', true);
        return reload(m, 'mpath-t1', group('1 1 8:48 1'));
      },
      'EBUSY',
    ],
    ['reload: itself as a path', (m) => reload(m, 'mpath-t1', group('1 1 253:0 1')), 'EINVAL'],
    ['reload: path arguments missing', (m) => reload(m, 'mpath-t1', group('1 1 8:0')), 'EINVAL'],
    ['reload: fewer groups than announced', (m) => reload(m, 'mpath-t1', '0 0 2 1 service-time 0 1 1 8:0 1'), 'EINVAL'],
    ['reload: unknown selector', (m) => reload(m, 'mpath-t1', '0 0 1 1 nonsense 0 1 1 8:0 1'), 'EINVAL'],
    ['reload: unknown feature', (m) => reload(m, 'mpath-t1', '1 nonsense 0 1 1 service-time 0 1 1 8:0 1'), 'EINVAL'],
    ['reload: initial group without groups', (m) => reload(m, 'mpath-t1', '0 0 0 1'), 'EINVAL'],
    [
      'reload: groups without initial group',
      (m) => reload(m, 'mpath-t1', '0 0 1 0 service-time 0 1 1 8:0 1'),
      'EINVAL',
    ],
    ['reload: larger than its paths', (m) => reload(m, 'mpath-t1', TWO_GROUPS, 16385), 'EINVAL'],
    ['reload: no size', (m) => reload(m, 'mpath-t1', TWO_GROUPS, 0), 'EINVAL'],
    ['reload: empty', (m) => reload(m, 'mpath-t1', ''), 'EINVAL'],
    ['rename: absent', (m) => dm(m).rename('mpath-x', 'y'), 'ENXIO'],
    [
      'rename: name taken',
      (m) => {
        m.admin.createEmptyMap('y', '');
        return dm(m).rename('mpath-t1', 'y');
      },
      'EBUSY',
    ],
    ['remove: absent', (m) => dm(m).remove('mpath-x'), 'ENXIO'],
    [
      'remove: open',
      (m) => {
        m.admin.openMap('t1');
        return dm(m).remove('mpath-t1');
      },
      'EBUSY',
    ],
    ['message: absent', (m) => dm(m).message('mpath-x', 'fail_path 8:0'), 'ENXIO'],
    ['message: path not in the table', (m) => dm(m).message('mpath-t1', 'fail_path 8:48'), 'EINVAL'],
    ['message: no device number', (m) => dm(m).message('mpath-t1', 'fail_path sdx'), 'ENODEV'],
    ['message: unknown', (m) => dm(m).message('mpath-t1', 'bogus'), 'EINVAL'],
    ['message: no such group', (m) => dm(m).message('mpath-t1', 'switch_group 3'), 'EINVAL'],
    ['message: group 0', (m) => dm(m).message('mpath-t1', 'switch_group 0'), 'EINVAL'],
    [
      'message: suspended',
      (m) => {
        m.admin.suspendMap('t1');
        return dm(m).message('mpath-t1', 'fail_path 8:0');
      },
      'EBUSY',
    ],
  ];
  test.each(cases)('%s', async (_, call, errno) => {
    const m = await withMap();
    const before = valueOf(await read(m, 'mpath-t1')).targets;
    const failure = failureOf(await m.ask(call(m)));
    expect(failure).toMatchObject({ code: 'KERNEL_ERROR', errno });
    expect(valueOf(await read(m, 'mpath-t1')).targets).toEqual(before);
  });

  test('a rename to the present name does nothing, as in the addon, although the kernel would refuse it', async () => {
    const m = await withMap();
    const { seqnum } = m.world;
    expect((await m.ask(dm(m).rename('mpath-t1', 't1'))).ok).toBe(true);
    expect(m.world.seqnum).toBe(seqnum);
    expect(() => m.admin.renameMap('t1', 't1')).toThrow('EBUSY');
  });

  test('a refused create leaves nothing behind', async () => {
    const m = await withMap();
    failureOf(await create(m, 'x', 'mpath-x', '0 0 1 1 service-time 0 1 1 8:240 1'));
    failureOf(await create(m, 'x', 'mpath-x', TWO_GROUPS, 99999));
    expect(valueOf(await m.ask(m.ports.deviceMapper.list(null))).devices.map((d) => d.name)).toEqual(['t1']);
    expect(valueOf(await create(m, 'x', 'mpath-x')).devt).toBe('253:1');
  });

  test('a refused reload leaves the old table running', async () => {
    const m = await withMap();
    failureOf(await reload(m, 'mpath-t1', TWO_GROUPS, 99999));
    expect(valueOf(await read(m, 'mpath-t1'))).toMatchObject({
      suspended: false,
      hasInactiveTable: false,
      hasLiveTable: true,
    });
  });

  test('a refused reload by hand leaves the map suspended, as dmsetup does', async () => {
    const m = await withMap();
    expect(() => m.admin.reloadMap('t1', multipath(TWO_GROUPS, 99999))).toThrow('EINVAL');
    expect(valueOf(await read(m, 'mpath-t1'))).toMatchObject({
      suspended: true,
      hasInactiveTable: false,
      hasLiveTable: true,
    });
  });
});

describe('devices', () => {
  test('the list has all devices, by name, with UUID and event number', async () => {
    const m = await withMap();
    m.admin.createMap('lv', 'LVM-abc', { type: 'linear', params: '8:48 0', sizeSectors: 100, readOnly: false });
    m.admin.createMap('a', '', { type: 'linear', params: '8:48 100', sizeSectors: 100, readOnly: false });
    m.admin.messageMap('t1', 'fail_path 8:0');
    expect(valueOf(await m.ask(m.ports.deviceMapper.list(null))).devices).toEqual([
      { name: 'a', uuid: '', devt: '253:2', eventNr: 0 },
      { name: 'lv', uuid: 'LVM-abc', devt: '253:1', eventNr: 0 },
      { name: 't1', uuid: 'mpath-t1', devt: '253:0', eventNr: 1 },
    ]);
  });

  test('a device without a table is in the list but not in /sys/block', async () => {
    const m = createMachine();
    m.admin.createEmptyMap('x', 'mpath-x');
    expect(valueOf(await read(m, 'mpath-x'))).toMatchObject({ hasLiveTable: false, targets: [], suspended: false });
    expect(failureOf(await m.ask(m.ports.blocks.read('dm-0'))).errno).toBe('ENOENT');
    expect(m.events()).toEqual([]);
  });

  test('the lowest free minor is given out again, a sequence number never', async () => {
    const m = createMachine();
    for (const name of ['a', 'b', 'c']) m.admin.createMap(name, `mpath-${name}`, multipath('0 0 0 0'));
    m.admin.removeMap('b');
    m.admin.createMap('d', 'mpath-d', multipath('0 0 0 0'));
    m.admin.removeMap('a');
    m.admin.createMap('e', 'mpath-e', multipath('0 0 0 0'));
    const facts = await Promise.all(['c', 'd', 'e'].map(async (n) => valueOf(await read(m, `mpath-${n}`))));
    expect(facts.map((f) => f.devt)).toEqual(['253:2', '253:1', '253:0']);
    expect(facts.map((f) => f.diskseq)).toEqual([4, 5, 6]);
  });

  test('two maps can hold one disk, because they share a claim', async () => {
    const m = await withMap();
    valueOf(await create(m, 't2', 'mpath-t2', '0 0 1 1 round-robin 0 1 1 8:0 1'));
    expect(m.truth().paths.get('sda')?.maps).toEqual(['mpath-t1', 'mpath-t2']);
    expect(valueOf(await m.ask(m.ports.blocks.read('sda'))).holders).toEqual(['dm-0', 'dm-1']);
  });

  test('names swapped by hand: UUIDs keep their tables', async () => {
    const m = await withMap();
    valueOf(await create(m, 't2', 'mpath-t2', '0 0 1 1 round-robin 0 1 1 8:48 1'));
    m.admin.renameMap('t1', 'x');
    m.admin.renameMap('t2', 't1');
    m.admin.renameMap('x', 't2');
    expect(valueOf(await read(m, 'mpath-t1'))).toMatchObject({ name: 't2', devt: '253:0' });
    expect(valueOf(await read(m, 'mpath-t2'))).toMatchObject({ name: 't1', devt: '253:1' });
  });
});

describe('names of deleted disks', () => {
  test('the lowest free name is given out, but not while a table holds the old disk', async () => {
    const m = await withMap();
    m.admin.removeDisk('sda');
    m.admin.removeDisk('sdd');
    const again = m.admin.addDisk({ wwid: '333333330000007d0', hcil: '0:0:0:1' });
    expect(again).toBe('sdd');
    expect(m.admin.addDisk({ wwid: '333333330000007d0', hcil: '3:0:0:1' })).toBe('sde');
    expect(valueOf(await read(m, 'mpath-t1')).targets[0]?.table).toContain('8:0 ');
    valueOf(await reload(m, 'mpath-t1', '0 1 alua 1 1 service-time 0 1 1 8:16 1'));
    expect(m.admin.addDisk({ wwid: '333333330000007d0', hcil: '9:0:0:1' })).toBe('sda');
  });

  test('an inactive table holds the disk as well, until the map is removed', () => {
    const m = createMachine();
    addLun(m, 1, 3);
    m.admin.createMap('t1', 'mpath-t1', multipath(TWO_GROUPS));
    m.admin.removeDisk('sda');
    m.admin.removeMap('t1');
    expect(m.admin.addDisk({ wwid: '333333330000007d0', hcil: '0:0:0:1' })).toBe('sda');
  });

  test('the map that holds a deleted disk may be reloaded with it, another map may not load it', async () => {
    const m = await withMap();
    m.admin.removeDisk('sda');
    expect((await reload(m, 'mpath-t1', TWO_GROUPS)).ok).toBe(true);
    expect(failureOf(await create(m, 't2', 'mpath-t2')).errno).toBe('ENXIO');
  });

  test('the new disk of an old name has another sequence number', () => {
    const m = createMachine();
    addLun(m, 1, 1);
    const before = m.truth().paths.get('sda')?.diskseq;
    m.admin.removeDisk('sda');
    addLun(m, 2, 1);
    expect([before, m.truth().paths.get('sda')?.diskseq]).toEqual([2, 3]);
  });
});
