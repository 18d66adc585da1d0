import { createFaults, type FaultRule, type Operation } from '../../src/simulator/faults';
import { createRandom } from '../../src/simulator/random';
import { addLun, createMachine, failureOf, multipath, TWO_GROUPS, valueOf, type Machine } from './machine';

const rule = (more: Partial<FaultRule>): FaultRule => ({
  operations: 'all',
  devices: null,
  outcome: { kind: 'errno', errno: 'ENOMEM' },
  times: null,
  probability: 1,
  ...more,
});

async function withMap(): Promise<Machine> {
  const m = createMachine();
  addLun(m, 1, 3);
  m.admin.createMap('t1', 'mpath-t1', multipath(TWO_GROUPS));
  await m.time.run(100);
  return m;
}

const REQUEST = { name: 't2', uuid: 'mpath-t2', sizeSectors: 16384, readOnly: false, params: TWO_GROUPS };

describe('any operation can be made to fail', () => {
  const calls: Array<[Operation, (m: Machine) => Promise<{ ok: boolean }>]> = [
    ['list', (m) => m.ports.deviceMapper.list(null)],
    ['read', (m) => m.ports.deviceMapper.read('mpath-t1')],
    ['read', (m) => m.ports.deviceMapper.readByDevt('253:0')],
    ['create', (m) => m.ports.deviceMapper.create(REQUEST)],
    ['reload', (m) => m.ports.deviceMapper.reload({ ...REQUEST, uuid: 'mpath-t1' })],
    ['rename', (m) => m.ports.deviceMapper.rename('mpath-t1', 'x')],
    ['remove', (m) => m.ports.deviceMapper.remove('mpath-t1')],
    ['message', (m) => m.ports.deviceMapper.message('mpath-t1', 'fail_path 8:0')],
    ['block-read', (m) => m.ports.blocks.read('sda')],
    ['fence', (m) => m.ports.fence('11111111-2222-3333-4444-555555555555')],
  ];

  test.each(calls)('%s: fails once with nothing done, then works', async (operation, call) => {
    const m = await withMap();
    m.faults.add(rule({ operations: [operation], times: 1 }));
    const before = JSON.stringify([...m.truth().maps]);
    expect(await m.ask(call(m))).toMatchObject({ ok: false, failure: { code: 'KERNEL_ERROR', errno: 'ENOMEM' } });
    expect(JSON.stringify([...m.truth().maps])).toBe(before);
    expect((await m.ask(call(m))).ok).toBe(true);
  });

  test.each(calls)('%s: answers late', async (operation, call) => {
    const m = await withMap();
    m.faults.add(rule({ operations: [operation], outcome: { kind: 'late', ms: 5000 } }));
    let answered = false;
    const answer = call(m).then((r) => {
      answered = true;
      return r;
    });
    await m.time.run(4900);
    expect(answered).toBe(false);
    await m.time.run(200);
    expect((await answer).ok).toBe(true);
  });

  test.each(calls)('%s: hangs until released', async (operation, call) => {
    const m = await withMap();
    m.faults.add(rule({ operations: [operation], outcome: { kind: 'hang' }, times: 1 }));
    let answered = false;
    void call(m).then(() => {
      answered = true;
    });
    await m.time.run(3_600_000);
    expect(answered).toBe(false);
    expect(m.faults.release()).toBe(1);
    await m.time.run(10);
    expect(answered).toBe(true);
  });

  test('a hung reload of a daemon that died meanwhile ends with the ioctl that hangs', async () => {
    const m = await withMap();
    m.faults.add(rule({ operations: ['reload', 'message'], outcome: { kind: 'hang' } }));
    void m.ports.deviceMapper.reload({ ...REQUEST, uuid: 'mpath-t1', params: '0 0 0 0' });
    void m.ports.deviceMapper.message('mpath-t1', 'fail_path 8:0');
    await m.time.run(100);
    m.crash();
    m.faults.clear();
    expect(m.faults.release()).toBe(2);
    const map = valueOf(await m.ask(m.ports.deviceMapper.read('mpath-t1')));
    expect(map).toMatchObject({ hasLiveTable: true, hasInactiveTable: true, suspended: false });
    expect(map.targets[0]?.table).toContain('8:32');
    // A message is a single ioctl, so it is done.
    expect(map.targets[0]?.status).toContain('8:0 F');
  });

  test.each([
    {
      operation: 'create' as const,
      call: (m: Machine) => m.ports.deviceMapper.create(REQUEST),
      uuid: 'mpath-t2',
      half: { hasLiveTable: false, hasInactiveTable: false },
    },
    {
      operation: 'reload' as const,
      call: (m: Machine) => m.ports.deviceMapper.reload({ ...REQUEST, uuid: 'mpath-t1' }),
      uuid: 'mpath-t1',
      half: { hasLiveTable: true, hasInactiveTable: true },
    },
  ])('$operation: other programs see it half done, and then done', async ({ operation, call, uuid, half }) => {
    const m = await withMap();
    m.faults.add(rule({ operations: [operation], outcome: { kind: 'halfway', ms: 1000 } }));
    const answer = call(m);
    await m.time.run(500);
    expect(valueOf(await m.ask(m.ports.deviceMapper.read(uuid)))).toMatchObject(half);
    await m.time.run(600);
    expect(valueOf(await answer)).toMatchObject({ hasLiveTable: true, hasInactiveTable: false });
  });

  test.each([
    { about: 'leaves nothing', meanwhile: () => undefined, left: ['mpath-t1'] },
    {
      about: 'leaves what somebody else made of it',
      meanwhile: (m: Machine) => m.admin.reloadMap('t2', multipath('0 0 0 0')),
      left: ['mpath-t1', 'mpath-t2'],
    },
  ])('a creation whose table is refused halfway $about', async ({ meanwhile, left }) => {
    const m = await withMap();
    addLun(m, 2, 1);
    m.admin.claim('sdd', true);
    m.faults.add(rule({ operations: ['create'], outcome: { kind: 'halfway', ms: 1000 } }));
    const answer = m.ports.deviceMapper.create({ ...REQUEST, params: '0 0 1 1 service-time 0 1 1 8:48 1' });
    await m.time.run(500);
    meanwhile(m);
    await m.time.run(600);
    expect(failureOf(await answer).errno).toBe('EBUSY');
    expect([...m.truth().maps.keys()].sort()).toEqual(left);
  });

  test('an operation that fails although the kernel has done it', async () => {
    const m = await withMap();
    m.faults.add(rule({ operations: ['remove'], outcome: { kind: 'errno', errno: 'EINTR', applied: true } }));
    expect(failureOf(await m.ask(m.ports.deviceMapper.remove('mpath-t1'))).errno).toBe('EINTR');
    expect(m.truth().maps.size).toBe(0);
  });

  test('a check that fails or hangs', async () => {
    const m = await withMap();
    const check = () =>
      m.ask(
        m.ports.blocks.check({ name: 'sda', devt: '8:0', diskseq: 2, method: 'tur', timeoutMs: 100, identity: null }),
      );
    const outcomes: FaultRule['outcome'][] = [
      { kind: 'errno', errno: 'EIO' },
      { kind: 'errno', errno: 'ENOMEM' },
      { kind: 'hang' },
      { kind: 'late', ms: 101 },
      { kind: 'late', ms: 99 },
    ];
    for (const outcome of outcomes) m.faults.add(rule({ operations: ['check'], times: 1, outcome }));
    const states: string[] = [];
    for (let n = 0; n < 6; n++) states.push((await check()).state);
    // A shortage of memory is a fault of this machine, and not of the path.
    expect(states).toEqual(['down', 'transitioning', 'timeout', 'timeout', 'up', 'up']);
  });
});

describe('the devices of a fault', () => {
  test.each([['mpath-t1'], ['t1']])('%s means the map', async (device) => {
    const m = await withMap();
    m.admin.createMap('t2', 'mpath-t2', multipath('0 0 0 0'));
    m.faults.add(rule({ operations: ['read'], devices: [device] }));
    expect(failureOf(await m.ask(m.ports.deviceMapper.read('mpath-t1'))).errno).toBe('ENOMEM');
    expect((await m.ask(m.ports.deviceMapper.read('mpath-t2'))).ok).toBe(true);
  });

  test('a hung map delays no other', async () => {
    const m = await withMap();
    m.admin.createMap('t2', 'mpath-t2', multipath('0 0 0 0'));
    m.faults.add(rule({ devices: ['mpath-t1'], outcome: { kind: 'hang' } }));
    void m.ports.deviceMapper.reload({ ...REQUEST, uuid: 'mpath-t1' });
    expect((await m.ask(m.ports.deviceMapper.read('mpath-t2'))).ok).toBe(true);
  });
});

describe('snapshots', () => {
  test('a whole one', async () => {
    const m = await withMap();
    const snapshot = await m.ask(m.ports.snapshot());
    expect(valueOf(snapshot.dm).map((d) => d.uuid)).toEqual(['mpath-t1']);
    expect(snapshot.maps.map((x) => [x.uuid, valueOf(x.reading).name])).toEqual([['mpath-t1', 't1']]);
    expect(valueOf(snapshot.blocks).map((b) => [b.name, valueOf(b.reading).devt])).toEqual([
      ['sda', '8:0'],
      ['sdb', '8:16'],
      ['sdc', '8:32'],
      ['dm-0', '253:0'],
    ]);
  });

  test('only multipath maps are read', async () => {
    const m = await withMap();
    m.admin.createMap('lv', 'LVM-x', { type: 'linear', params: '8:48 0', sizeSectors: 1, readOnly: false });
    const snapshot = await m.ask(m.ports.snapshot());
    expect(valueOf(snapshot.dm)).toHaveLength(2);
    expect(snapshot.maps).toHaveLength(1);
  });

  test.each<[Operation, 'dm' | 'blocks']>([
    ['snapshot-list', 'dm'],
    ['snapshot-names', 'blocks'],
  ])('%s fails: %s is unknown', async (operation, part) => {
    const m = await withMap();
    m.faults.add(rule({ operations: [operation] }));
    const snapshot = await m.ask(m.ports.snapshot());
    expect(failureOf<unknown>(snapshot[part]).errno).toBe('ENOMEM');
    expect(snapshot[part === 'dm' ? 'blocks' : 'dm'].ok).toBe(true);
  });

  test.each<[Operation, string]>([
    ['snapshot-map', 'mpath-t1'],
    ['snapshot-block', 'sdb'],
  ])('%s fails for one device only', async (operation, device) => {
    const m = await withMap();
    m.admin.createMap('t2', 'mpath-t2', multipath('0 0 0 0'));
    m.faults.add(rule({ operations: [operation], devices: [device], outcome: { kind: 'errno', errno: 'EIO' } }));
    const snapshot = await m.ask(m.ports.snapshot());
    const bad = [
      ...snapshot.maps.map((x) => ({ id: x.uuid, ok: x.reading.ok })),
      ...valueOf(snapshot.blocks).map((b) => ({ id: b.name, ok: b.reading.ok })),
    ].filter((x) => !x.ok);
    expect(bad).toEqual([{ id: device, ok: false }]);
  });

  test('the world can change between its steps', async () => {
    const torn = new Set<string>();
    for (let seed = 1; seed <= 30; seed++) {
      const m = createMachine({ seed, latency: { operationMs: 20, answerMs: 5 } });
      addLun(m, 1, 3);
      m.admin.createMap('t1', 'mpath-t1', multipath(TWO_GROUPS));
      m.time.after(15, () => {
        m.admin.removeMap('t1');
        m.admin.removeDisk('sda');
      });
      const snapshot = await m.ask(m.ports.snapshot());
      const listed = valueOf(snapshot.dm).length;
      const map = snapshot.maps[0]?.reading.ok;
      const disk = valueOf(snapshot.blocks).find((b) => b.name === 'sda')?.reading.ok;
      torn.add(`${listed} ${map} ${disk}`);
    }
    expect(torn.has('1 true undefined')).toBe(true);
    expect(torn.has('1 false undefined') || torn.has('1 true false')).toBe(true);
    expect(torn.has('0 undefined true')).toBe(false);
  });
});

describe('chance', () => {
  test('a probability holds over many operations and is the same for one seed', () => {
    const hits = (seed: number): number => {
      const faults = createFaults(createRandom(seed));
      faults.add(rule({ probability: 0.25 }));
      let count = 0;
      for (let n = 0; n < 4000; n++) if (faults.decide('read', ['x']) !== null) count++;
      return count;
    };
    expect(hits(7)).toBe(hits(7));
    expect(hits(7)).toBeGreaterThan(880);
    expect(hits(7)).toBeLessThan(1120);
  });

  test('a rule can be taken back', () => {
    const faults = createFaults(createRandom(1));
    const undo = faults.add(rule({}));
    expect(faults.decide('list', ['all'])).not.toBeNull();
    undo();
    expect(faults.decide('list', ['all'])).toBeNull();
  });

  test('uevents that are never sent use their number, and nothing reports them', async () => {
    const m = createMachine();
    addLun(m, 1, 1);
    m.faults.loseUevents = 1;
    m.admin.trigger('sda', 'change', 5);
    m.faults.loseUevents = 0;
    m.admin.trigger('sda', 'change');
    await m.time.run(10);
    const [add, change] = m.events();
    expect(change?.seqnum).toBe((add?.seqnum ?? 0) + 6);
    expect(m.batches.flatMap((b) => b.losses)).toEqual([]);
    expect(m.ports.kernelUevents.info().drops).toBe(0);
  });

  test('overtaken uevents: none is lost, and their order is not that of the numbers', async () => {
    const m = createMachine();
    m.faults.reorderUevents = 0.5;
    addLun(m, 1, 1);
    m.admin.trigger('sda', 'change', 200);
    await m.time.run(100);
    const numbers = m.events().map((e) => e.seqnum);
    const sorted = [...numbers].sort((a, b) => a - b);
    expect(numbers).toHaveLength(201);
    expect(numbers).not.toEqual(sorted);
    expect(sorted).toEqual(sorted.map((_, n) => (sorted[0] ?? 0) + n));
  });
});
