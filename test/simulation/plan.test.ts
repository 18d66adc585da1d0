/** A plan is exactly what a reconfigure then does: nothing is done before it, and nothing more after it. */
import fc from 'fast-check';
import type { Configuration } from '../../src/config/configuration';
import type { SettingValues } from '../../src/config/settings';
import { memoryFile, type TextFile } from '../../src/daemon/bindingsStore';
import type { CheckOutcome } from '../../src/model/facts';
import type { Plan, PlannedMap } from '../../src/engine/plan/plan';
import { uuidOfWwid } from '../../src/model/identity';
import { sameTable } from '../../src/policy/compareTables';
import { parseTable } from '../../src/policy/table';
import { fixedConfiguration } from '../../src/daemon/configurationSource';
import { blockOf, configurationOf } from '../configuration';
import { addSan, bindingsOf, createRig, wwidOf, type Rig } from './rig';

const [A, B, C] = [wwidOf(1), wwidOf(2), wwidOf(3)];
const SECTORS = 16384;

const write = (file: TextFile, ...lines: string[]): Promise<unknown> => file.update(() => [...lines, ''].join('\n'));

/** The contents of /etc/multipath.conf. The test changes them while the daemon runs. */
interface Conf {
  configuration: Configuration;
}

async function start(
  file: TextFile = memoryFile(),
  luns = 3,
  conf: Conf = { configuration: configurationOf() },
): Promise<Rig> {
  const configuration = { load: () => fixedConfiguration(conf.configuration).load() };
  const rig = createRig({ bindings: bindingsOf(file), configuration });
  addSan(rig, luns, 2);
  await rig.runtime.start();
  await rig.run(3_000);
  return rig;
}

const planOf = async (rig: Rig): Promise<Plan> => {
  const asked = rig.runtime.plan(null);
  await rig.run(1_000);
  const planned = await asked;
  if (!planned.ok) throw new Error(JSON.stringify(planned.failure));
  return planned.value;
};

const reconfigure = async (rig: Rig): Promise<void> => {
  void rig.runtime.submit({ kind: 'reconfigure' });
  await rig.run(10_000);
};

const actionsOf = (plan: Plan): Record<string, string> =>
  Object.fromEntries(plan.maps.map(({ wwid, action }) => [wwid, action]));
const rowOf = (plan: Plan, wwid: string): PlannedMap | undefined => plan.maps.find((map) => map.wwid === wwid);

/** The kernel's maps: names, tables, event numbers. */
const kernelOf = (rig: Rig) => [...rig.simulator.truth().maps.values()].map(({ facts }) => facts);

/** Checks that the kernel's maps are as planned, and that no other map was written. */
function expectDone(rig: Rig, plan: Plan, before: ReturnType<typeof kernelOf>): void {
  const now = kernelOf(rig);
  const planned = plan.maps.filter(({ after }) => after !== null);
  expect(now.map(({ uuid }) => uuid).sort()).toEqual(planned.map(({ wwid }) => uuidOfWwid(wwid)).sort());
  for (const { wwid, action, after } of planned) {
    const facts = now.find(({ uuid }) => uuid === uuidOfWwid(wwid));
    expect(facts?.name).toBe(after?.alias);
    const [have, want] = [parseTable(facts?.targets[0]?.table ?? ''), parseTable(after?.table ?? '')];
    if (have === null || want === null) throw new Error(`${wwid}: no table`);
    expect(sameTable(have, want)).toMatchObject({ same: true });
    if (action === 'nothing') expect(facts).toEqual(before.find(({ uuid }) => uuid === uuidOfWwid(wwid)));
  }
}

test('if everything is as it should be, nothing is planned', async () => {
  const rig = await start();
  const plan = await planOf(rig);
  expect(actionsOf(plan)).toEqual({ [A]: 'nothing', [B]: 'nothing', [C]: 'nothing' });
  expect(plan.complete).toBe(true);
  const row = rowOf(plan, A);
  expect(row?.before).toEqual(row?.after);
});

test('a disk that is being asked for its LUN counts as its path: a plan does not wait for the answer', async () => {
  const rig = await start();
  const { admin, faults } = rig.simulator;
  const D = wwidOf(4);
  const lone = admin.addDisk({ wwid: D, hcil: '0:0:0:4', sizeSectors: SECTORS });
  await rig.run(3_000);
  const end = faults.add({
    operations: ['inquiry'],
    devices: null,
    outcome: { kind: 'late', ms: 25_000 },
    times: null,
    probability: 1,
  });
  admin.swapLun(lone, { wwid: D, sizeSectors: SECTORS, attention: 'CAPACITY_DATA_HAS_CHANGED' });
  await rig.run(18_000);
  admin.addDisk({ wwid: D, hcil: '1:0:0:4', sizeSectors: SECTORS });
  await rig.run(2_000);
  const plan = await planOf(rig);
  expect(rowOf(plan, D)).toMatchObject({ action: 'create', before: null });
  const before = kernelOf(rig);
  expect(before).toHaveLength(3);
  end();
  await reconfigure(rig);
  await rig.run(20_000);
  expectDone(rig, plan, before);
});

test('a standby port that was failed in a map joins the map that is made in its place, before its next check', async () => {
  const down: CheckOutcome = {
    state: 'down',
    message: 'not readable',
    sysfsState: null,
    sizeSectors: null,
    accessState: null,
    preferredPath: false,
    identity: null,
  };
  const rig = createRig({
    ports: (ports) => ({
      ...ports,
      blocks: {
        ...ports.blocks,
        check: (request) => (request.name === 'sda' ? Promise.resolve(down) : ports.blocks.check(request)),
      },
    }),
  });
  addSan(rig, 1, 2);
  await rig.runtime.start();
  await rig.run(30_000);
  rig.simulator.admin.removeMap('mpatha');
  await rig.run(10);
  const plan = await planOf(rig);
  expect(rowOf(plan, A)).toMatchObject({ action: 'create' });
  expect(rowOf(plan, A)?.after?.table).toContain('8:0');
  await reconfigure(rig);
  expectDone(rig, plan, []);
});

test('a plan changes neither kernel nor daemon nor files', async () => {
  const file = memoryFile();
  const rig = await start(file);
  await write(file, `mpathb ${A}`, `mpatha ${B}`);
  const [kernel, daemon, text, lines] = [kernelOf(rig), rig.view(), await file.read(), rig.logs.length];
  const operations = rig.simulator.truth().maps.size;
  await planOf(rig);
  await rig.run(5_000);
  expect(kernelOf(rig)).toEqual(kernel);
  expect(rig.view()).toEqual(daemon);
  expect(await file.read()).toEqual(text);
  expect(rig.simulator.truth().maps.size).toBe(operations);
  expect(rig.logs.slice(lines).filter(({ message }) => /rename|reload|create/.test(message))).toEqual([]);
});

test('two maps exchange their names, by way of the WWID of one of them', async () => {
  const file = memoryFile();
  const rig = await start(file);
  await write(file, `mpathb ${A}`, `mpatha ${B}`, `mpathc ${C}`);
  const before = kernelOf(rig);
  const plan = await planOf(rig);
  expect(actionsOf(plan)).toEqual({ [A]: 'rename', [B]: 'rename', [C]: 'nothing' });
  const names = [A, B].map((wwid) =>
    rowOf(plan, wwid)?.steps.map((step) => (step.step === 'rename' ? step.to : step.step)),
  );
  expect(names[0]?.at(-1)).toBe('mpathb');
  expect(names[1]?.at(-1)).toBe('mpatha');
  expect(names.flat()).toEqual(expect.arrayContaining([expect.stringMatching(/^36/)]));
  await reconfigure(rig);
  expectDone(rig, plan, before);
});

test('a map that somebody removed is planned again, with the table that it then gets', async () => {
  const rig = await start();
  void rig.runtime.submit({ kind: 'del-map', map: 'mpathb' });
  await rig.run(3_000);
  const before = kernelOf(rig);
  expect(before).toHaveLength(2);
  const plan = await planOf(rig);
  expect(rowOf(plan, B)).toMatchObject({
    action: 'create',
    before: null,
    after: { alias: 'mpathb', sizeSectors: SECTORS },
    steps: [{ step: 'create', reason: '2 paths, and no map' }],
  });
  await reconfigure(rig);
  expectDone(rig, plan, before);
});

test('LUNs are planned, and then made, by another property of udev', async () => {
  const conf: Conf = { configuration: configurationOf() };
  const rig = await start(memoryFile(), 3, conf);
  for (const { name } of kernelOf(rig)) rig.simulator.admin.removeMap(name);
  await rig.run(1_000);
  conf.configuration = configurationOf({ uid_attribute: 'ID_SERIAL_SHORT' });
  const before = kernelOf(rig);
  const plan = await planOf(rig);
  expect(actionsOf(plan)).toEqual(Object.fromEntries([A, B, C].map((wwid) => [wwid.slice(1), 'create'])));
  expect(plan.maps.map(({ steps }) => steps.length)).toEqual([1, 1, 1]);
  await reconfigure(rig);
  expectDone(rig, plan, before);
});

test('a map that somebody else reloaded is corrected', async () => {
  const rig = await start();
  rig.simulator.admin.reloadMap('mpatha', {
    type: 'multipath',
    sizeSectors: SECTORS,
    readOnly: false,
    params: '0 1 alua 1 1 service-time 0 1 1 8:0 1',
  });
  await rig.run(20_000);
  const before = kernelOf(rig);
  const plan = await planOf(rig);
  expect(rowOf(plan, A)).toMatchObject({
    action: 'reload',
    steps: [{ step: 'reload', reason: expect.stringContaining('joins') as string }],
  });
  await reconfigure(rig);
  expectDone(rig, plan, before);
});

test('for a map that cannot be read the plan is unknown', async () => {
  const rig = await start();
  rig.simulator.faults.add({
    operations: ['snapshot-map'],
    devices: [uuidOfWwid(A)],
    outcome: { kind: 'errno', errno: 'ENOMEM' },
    times: null,
    probability: 1,
  });
  const plan = await planOf(rig);
  expect(rowOf(plan, A)).toMatchObject({
    action: 'unknown',
    trouble: expect.stringContaining('ENOMEM') as string,
    steps: [],
  });
  expect(actionsOf(plan)).toMatchObject({ [B]: 'nothing' });
});

test('before the first resync there is no plan', async () => {
  const rig = createRig();
  expect(await rig.runtime.plan(null)).toMatchObject({
    ok: false,
    failure: { code: 'REFUSED', detail: expect.stringContaining('try again') as string },
  });
});

/** Settings that give another map of the same paths, or another name, or no map. */
const configured = fc
  .record({
    names: fc.option(
      fc.shuffledSubarray(['data', 'mpatha', 'mpathb', 'logs', 'mpathc'], { minLength: 3, maxLength: 3 }),
      { nil: null },
    ),
    defaults: fc.record<Partial<SettingValues>>(
      {
        user_friendly_names: fc.boolean(),
        find_multipaths: fc.constantFrom('on', 'off', 'strict', 'greedy'),
        path_grouping_policy: fc.constantFrom('failover', 'multibus', 'group_by_prio'),
        no_path_retry: fc.constantFrom<SettingValues['no_path_retry'][]>('fail', 'queue', 5),
        path_selector: fc.constantFrom('service-time 0', 'round-robin 0', 'queue-length 0'),
        detect_pgpolicy: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    banned: fc.subarray([1, 2, 3]),
  })
  .map(({ names, defaults, banned }) => {
    const multipaths =
      names === null ? [] : names.map((alias, at) => blockOf({ wwid: wwidOf(at + 1), alias }, 10 * (at + 1)));
    const wwid = banned.map((lun) => ({
      pattern: wwidOf(lun),
      inverted: false,
      file: '/etc/multipath.conf',
      line: 50 + lun,
    }));
    return configurationOf(defaults, {
      multipaths,
      blacklist: { devnode: [], wwid, property: [], protocol: [], device: [] },
    });
  });

/** What may happen before a plan is asked for. */
const happening = fc.oneof(
  fc.record({
    kind: fc.constant('bind' as const),
    names: fc.shuffledSubarray(['mpatha', 'mpathb', 'mpathc', 'mpathx', 'mpathy'], { minLength: 3, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('del-map' as const), lun: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    kind: fc.constant('del-path' as const),
    path: fc.constantFrom('sda', 'sdb', 'sdc', 'sdd', 'sde', 'sdf'),
  }),
  fc.record({ kind: fc.constant('cut' as const), lun: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    kind: fc.constant('rename' as const),
    lun: fc.integer({ min: 1, max: 3 }),
    to: fc.constantFrom('mpathq', 'data'),
  }),
);

async function happen(
  rig: Rig,
  file: TextFile,
  what: typeof happening extends fc.Arbitrary<infer T> ? T : never,
): Promise<void> {
  const nameOf = (lun: number): string | undefined => rig.runtime.tables.maps.get(uuidOfWwid(wwidOf(lun)))?.facts.name;
  switch (what.kind) {
    case 'bind':
      await write(file, ...what.names.map((name, at) => `${name} ${wwidOf(at + 1)}`));
      break;
    case 'del-map':
      void rig.runtime.submit({ kind: 'del-map', map: wwidOf(what.lun) });
      break;
    case 'del-path':
      void rig.runtime.submit({ kind: 'del-path', path: what.path });
      break;
    case 'cut': {
      const name = nameOf(what.lun);
      const devt = rig.runtime.tables.pathByName(['sda', 'sdb', 'sdc'][what.lun - 1] ?? '')?.devt;
      if (name !== undefined && devt !== undefined) {
        rig.simulator.admin.reloadMap(name, {
          type: 'multipath',
          sizeSectors: SECTORS,
          readOnly: false,
          params: `0 0 1 1 service-time 0 1 1 ${devt} 1`,
        });
      }
      break;
    }
    case 'rename': {
      const name = nameOf(what.lun);
      if (name !== undefined && rig.runtime.tables.mapByName(what.to) === undefined)
        rig.simulator.admin.renameMap(name, what.to);
      break;
    }
  }
  await rig.run(5_000);
}

test('whatever happened before, a reconfigure does what was planned', async () => {
  await fc.assert(
    fc.asyncProperty(
      configured,
      fc.array(happening, { maxLength: 3 }),
      configured,
      async (first, happenings, second) => {
        const file = memoryFile();
        const conf: Conf = { configuration: first };
        const rig = await start(file, 3, conf);
        for (const what of happenings) await happen(rig, file, what);
        conf.configuration = second;
        const before = kernelOf(rig);
        const plan = await planOf(rig);
        expect(plan.complete).toBe(true);
        expect(kernelOf(rig)).toEqual(before);
        await reconfigure(rig);
        expectDone(rig, plan, before);
      },
    ),
    { numRuns: 80 },
  );
}, 120_000);

test('without a list of the maps there is no plan', async () => {
  const rig = await start();
  rig.simulator.faults.add({
    operations: ['snapshot-list'],
    devices: null,
    outcome: { kind: 'errno', errno: 'ENOMEM' },
    times: null,
    probability: 1,
  });
  const asked = rig.runtime.plan(null);
  await rig.run(1_000);
  expect(await asked).toMatchObject({ ok: false, failure: { errno: 'ENOMEM' } });
});

test('a name that a map has just given up is free at once, also for a LUN whose map is made during a resync', async () => {
  const file = memoryFile();
  const wwid = [{ pattern: B, inverted: false, file: '/etc/multipath.conf', line: 9 }];
  const conf: Conf = {
    configuration: configurationOf({}, { blacklist: { devnode: [], wwid, property: [], protocol: [], device: [] } }),
  };
  const rig = await start(file, 3, conf);
  await write(file, `mpathy ${A}`, `mpatha ${B}`, `mpathb ${C}`);
  void rig.runtime.submit({ kind: 'del-map', map: C });
  await rig.run(10_000);
  conf.configuration = configurationOf();
  const before = kernelOf(rig);
  const plan = await planOf(rig);
  expect(rowOf(plan, B)).toMatchObject({ action: 'create', after: { alias: 'mpatha' } });
  await reconfigure(rig);
  expectDone(rig, plan, before);
});

test('a name that was given up stays free, even if an older list comes late', async () => {
  const wwid = [{ pattern: B, inverted: false, file: '/etc/multipath.conf', line: 9 }];
  const conf: Conf = {
    configuration: configurationOf({}, { blacklist: { devnode: [], wwid, property: [], protocol: [], device: [] } }),
  };
  const rig = await start(memoryFile(), 3, conf);
  rig.simulator.admin.reloadMap('mpatha', {
    type: 'multipath',
    sizeSectors: SECTORS,
    readOnly: false,
    params: '0 0 1 1 service-time 0 1 1 8:0 1',
  });
  await rig.run(5_000);
  const multipaths = ['mpathc', 'mpathb', 'logs'].map((alias, at) =>
    blockOf({ wwid: wwidOf(at + 1), alias }, 10 * (at + 1)),
  );
  conf.configuration = configurationOf({ no_path_retry: 5 }, { multipaths });
  const before = kernelOf(rig);
  const plan = await planOf(rig);
  expect(rowOf(plan, B)).toMatchObject({ action: 'create', after: { alias: 'mpathb' } });
  await reconfigure(rig);
  expectDone(rig, plan, before);
});

test('a LUN that waits for the name of a map gets it when that map is gone', async () => {
  const rule = (wwid: string) => [{ pattern: wwid, inverted: false, file: '/etc/multipath.conf', line: 9 }];
  const banning = (wwid: string) =>
    configurationOf({}, { blacklist: { devnode: [], wwid: rule(wwid), property: [], protocol: [], device: [] } });
  const file = memoryFile();
  const conf: Conf = { configuration: banning(B) };
  const rig = await start(file, 3, conf);
  await write(file, `mpathy ${A}`, `mpatha ${B}`, `mpathb ${C}`);
  conf.configuration = banning(A);
  const before = kernelOf(rig);
  const plan = await planOf(rig);
  expect(actionsOf(plan)).toMatchObject({ [A]: 'remove', [B]: 'create' });
  await reconfigure(rig);
  expectDone(rig, plan, before);
});
