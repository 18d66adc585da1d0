import type { Configuration } from '../../src/config/configuration';
import type { SettingValues } from '../../src/config/settings';
import { uuidOfWwid } from '../../src/model/identity';
import type { SimDisk } from '../../src/simulator/world';
import { blockOf } from '../configuration';
import { configured, createRig, wwidOf, type Rig } from './rig';

const LUN1 = uuidOfWwid(wwidOf(1));
const PLAIN = { accessState: null, deviceHandler: null } as const;

type Disk = Partial<Pick<SimDisk, 'accessState' | 'deviceHandler' | 'transport'>>;

async function tableOf(
  defaults: Partial<SettingValues>,
  disks: readonly Disk[] = [PLAIN, PLAIN, PLAIN],
  more: Partial<Configuration> = {},
): Promise<Rig> {
  const rig = createRig(configured(defaults, more));
  for (const [port, disk] of disks.entries()) {
    rig.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: `${port}:0:0:1`, sizeSectors: 16384, ...disk });
  }
  await rig.run(1_000);
  await rig.runtime.start();
  await rig.run(5_000);
  return rig;
}

const created = (rig: Rig): string | undefined =>
  /: create \[(.*)\]$/.exec(
    rig.logs.map(({ message }) => message).find((message) => message.includes(': create [')) ?? '',
  )?.[1];
const warnings = (rig: Rig): string[] =>
  rig.logs.filter(({ level }) => level === 'warning').map(({ message }) => message);

const transport = (adapter: string): SimDisk['transport'] => ({
  protocol: 'scsi:fcp',
  hostWwnn: null,
  hostWwpn: null,
  targetWwnn: null,
  targetWwpn: null,
  hostAdapter: adapter,
});

describe('the table of a new map', () => {
  it.each<[string, Partial<SettingValues>, Disk[] | undefined, string]>([
    [
      'nothing configured, no ALUA: each path alone',
      {},
      undefined,
      '0 0 3 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:16 1 service-time 0 1 1 8:32 1',
    ],
    [
      'nothing configured, ALUA: by priority',
      {},
      [{ accessState: 'standby' }, {}, {}],
      '0 1 alua 2 1 service-time 0 2 1 8:16 1 8:32 1 service-time 0 1 1 8:0 1',
    ],
    ['multibus', { path_grouping_policy: 'multibus' }, undefined, '0 0 1 1 service-time 0 3 1 8:0 1 8:16 1 8:32 1'],
    [
      'ALUA, but grouping is not to be detected',
      { path_grouping_policy: 'multibus', detect_pgpolicy: false },
      [{ accessState: 'standby' }, {}],
      '0 1 alua 1 1 service-time 0 2 1 8:0 1 8:16 1',
    ],
    [
      'by port group, as the disks tell it',
      { detect_pgpolicy_use_tpg: true },
      [{}, {}],
      '0 1 alua 2 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:16 1',
    ],
    [
      'by serial number',
      { path_grouping_policy: 'group_by_serial' },
      undefined,
      '0 0 1 1 service-time 0 3 1 8:0 1 8:16 1 8:32 1',
    ],
    [
      'selector',
      { path_selector: 'queue-length 0', path_grouping_policy: 'multibus' },
      undefined,
      '0 0 1 1 queue-length 0 3 1 8:0 1 8:16 1 8:32 1',
    ],
    [
      'features',
      { features: '2 pg_init_retries 50', path_grouping_policy: 'multibus' },
      undefined,
      '2 pg_init_retries 50 0 1 1 service-time 0 3 1 8:0 1 8:16 1 8:32 1',
    ],
    [
      'queueing',
      { no_path_retry: 'queue', path_grouping_policy: 'multibus' },
      undefined,
      '1 queue_if_no_path 0 1 1 service-time 0 3 1 8:0 1 8:16 1 8:32 1',
    ],
    [
      'I/Os per path',
      { rr_min_io_rq: 7, path_grouping_policy: 'multibus' },
      undefined,
      '0 0 1 1 service-time 0 3 1 8:0 7 8:16 7 8:32 7',
    ],
    [
      'weights',
      {
        rr_min_io_rq: 2,
        rr_weight: 'priorities',
        prio: 'weightedpath',
        prio_args: 'devname sda 5 sdb 3',
        path_grouping_policy: 'multibus',
      },
      undefined,
      '0 0 1 1 service-time 0 3 1 8:0 10 8:16 6 8:32 2',
    ],
    [
      'priorities by name',
      { prio: 'weightedpath', prio_args: 'hbtl ^[12]: 9', path_grouping_policy: 'group_by_prio' },
      undefined,
      '0 0 2 1 service-time 0 2 1 8:16 1 8:32 1 service-time 0 1 1 8:0 1',
    ],
    [
      'round-robin: host adapters take turns',
      { path_selector: 'round-robin 0', path_grouping_policy: 'multibus' },
      [
        { ...PLAIN, transport: transport('x') },
        { ...PLAIN, transport: transport('x') },
        { ...PLAIN, transport: transport('y') },
      ],
      '0 0 1 1 round-robin 0 3 1 8:0 1 8:32 1 8:16 1',
    ],
  ])('%s', async (_, defaults, disks, table) => {
    const rig = await tableOf(defaults, disks);
    expect(created(rig)).toBe(table);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('the handler for the device is asked for, and a handler that the kernel has attached stays', async () => {
    const devices = [
      blockOf({ vendor: 'SIM', product: 'LUN', hardware_handler: '1 rdac', path_grouping_policy: 'multibus' }),
    ];
    expect(created(await tableOf({}, [PLAIN, PLAIN], { devices }))).toMatch(/^0 1 rdac 1 /);
    expect(created(await tableOf({}, [{}, {}], { devices }))).toMatch(/^0 1 alua 1 /);
  });

  it('NVMe over TCP is bio-based', async () => {
    const nvme = { ...PLAIN, transport: { ...transport('x'), protocol: 'nvme:tcp' } };
    expect(created(await tableOf({ path_grouping_policy: 'multibus' }, [nvme, nvme]))).toMatch(
      /^2 queue_mode bio 0 1 /,
    );
  });
});

describe('settings that cannot be used', () => {
  it.each<[string, Partial<SettingValues>, RegExp, string]>([
    [
      'a selector with a wrong count',
      { path_selector: 'service-time 1' },
      /path_selector "service-time 1": the number/,
      'service-time 0',
    ],
    ['features with a wrong count', { features: '3 a' }, /features "3 a": the number/, '0 0 '],
    ['a prioritizer that is not there yet', { prio: 'emc' }, /SIM,LUN: prioritizer emc is not there yet/, '0 0 '],
    ['a checker that is not there yet', { path_checker: 'rdac' }, /SIM,LUN: checker rdac is not there yet/, '0 0 '],
    ['a pattern that is none', { prio: 'weightedpath', prio_args: 'hbtl ( 5' }, /a pattern in prio_args is no/, '0 0 '],
  ])('%s is logged once, for all paths and maps', async (_, defaults, warning, table) => {
    const rig = await tableOf(defaults);
    await rig.run(30_000);
    expect(warnings(rig).filter((message) => warning.test(message))).toHaveLength(1);
    expect(created(rig)).toContain(table);
  });
});

describe('an existing map', () => {
  it.each<[string, Partial<SettingValues>]>([
    ['failover', {}],
    ['multibus', { path_grouping_policy: 'multibus', path_selector: 'round-robin 0' }],
    [
      'queueing and weights',
      {
        no_path_retry: 12,
        queue_without_daemon: true,
        rr_min_io_rq: 10,
        rr_weight: 'priorities',
        prio: 'random',
        path_grouping_policy: 'group_by_prio',
      },
    ],
    ['features', { features: '2 pg_init_retries 50' }],
  ])('is not written by a start that finds it right: %s', async (_, defaults) => {
    const rig = await tableOf(defaults);
    const before = rig.simulator.world.dmByName.get('mpatha')?.live;
    expect(before).toBeDefined();
    await rig.restart();
    await rig.run(60_000);
    expect(rig.logs.filter(({ message }) => /: (reload \[|queue_if|fail_if|switch_group)/.test(message))).toEqual([]);
    expect(rig.simulator.world.dmByName.get('mpatha')?.live).toBe(before);
  });

  it.each<[string, Partial<SettingValues>, RegExp]>([
    ['another policy', { path_grouping_policy: 'multibus' }, /: reload \[0 0 1 1 service-time 0 3 1 /],
    [
      'another selector',
      { path_selector: 'queue-length 0' },
      /selector is service-time 0, wanted is queue-length 0: reload/,
    ],
    [
      'other features',
      { features: '2 pg_init_retries 50' },
      /features are none, wanted are pg_init_retries 50: reload/,
    ],
  ])('is reloaded by a reconfigure with %s, once', async (_, defaults, line) => {
    let configuration = configured({}).configuration;
    const rig = createRig({ configuration: { load: (main) => configuration!.load(main) } });
    for (let port = 0; port < 3; port++)
      rig.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: `${port}:0:0:1`, sizeSectors: 16384, ...PLAIN });
    await rig.run(1_000);
    await rig.runtime.start();
    await rig.run(5_000);
    configuration = configured(defaults).configuration;
    void rig.runtime.submit({ kind: 'reconfigure' });
    await rig.run(60_000);
    const reloads = rig.logs.filter(({ message }) => message.includes(': reload ['));
    expect(reloads).toHaveLength(1);
    expect(reloads[0]?.message).toMatch(line);
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(3);
  });

  it('that somebody else reloads keeps these groups, whatever is configured, until a reconfigure', async () => {
    const rig = await tableOf({ path_grouping_policy: 'multibus' });
    rig.simulator.admin.reloadMap('mpatha', {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 0 3 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:16 1 service-time 0 1 1 8:32 1',
    });
    await rig.run(30_000);
    const groups = (): number | undefined => rig.runtime.tables.maps.get(LUN1)?.table?.groups.length;
    expect(groups()).toBe(3);
    void rig.runtime.submit({ kind: 'reconfigure' });
    await rig.run(5_000);
    expect(groups()).toBe(1);
  });
});

describe('checkers', () => {
  it.each<[string, Partial<SettingValues>, Disk, string]>([
    ['tur', {}, PLAIN, 'tur checker reports path is up'],
    ['directio', { path_checker: 'directio' }, PLAIN, 'directio checker reports path is up'],
    ['readsector0', { path_checker: 'readsector0' }, PLAIN, 'readsector0 checker reports path is up'],
    ['none', { path_checker: 'none' }, PLAIN, 'none checker: sysfs has nothing against the path'],
    ['tur, detected', { path_checker: 'directio' }, {}, 'tur checker reports path is up'],
    [
      'directio, as detection is off',
      { path_checker: 'directio', detect_checker: false },
      {},
      'directio checker reports path is up',
    ],
  ])('%s', async (_, defaults, disk, message) => {
    const rig = await tableOf(defaults, [disk, disk]);
    expect(rig.runtime.tables.pathByName('sda')?.check.message).toBe(message);
  });

  it('a reconfigure changes them', async () => {
    let configuration = configured({}).configuration;
    const rig = createRig({ configuration: { load: (main) => configuration!.load(main) } });
    rig.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: '0:0:0:1', sizeSectors: 16384, ...PLAIN });
    await rig.run(1_000);
    await rig.runtime.start();
    await rig.run(5_000);
    expect(rig.runtime.tables.pathByName('sda')?.check.method).toBe('tur');
    configuration = configured({ path_checker: 'none' }).configuration;
    void rig.runtime.submit({ kind: 'reconfigure' });
    await rig.run(30_000);
    expect(rig.runtime.tables.pathByName('sda')?.check.message).toMatch(/^none checker/);
  });
});
