import { createEngine } from '../../../src/engine/engine';
import type { TransportFacts } from '../../../src/model/facts';
import type { Path } from '../../../src/model/path';
import type { FcEvent, TransportHint } from '../../../src/model/transportHint';
import { addPath, createRig, startWithSan, wwidOf, type Rig, type RigOptions } from '../../simulation/rig';

const LINK_DOWN: TransportHint = { kind: 'link', ifname: 'eth0', carrier: false, operstate: 'down' };
const LINK_UP: TransportHint = { kind: 'link', ifname: 'eth0', carrier: true, operstate: 'up' };
const MISSED: TransportHint = { kind: 'missed' };

const fc = (hostNo: number, event: FcEvent = 'rscn', data: number | null = 0x010203): TransportHint => ({
  kind: 'fc',
  hostNo,
  event,
  data,
});

function over(protocol: string): TransportFacts {
  return { protocol, hostWwnn: null, hostWwpn: null, targetWwnn: null, targetWwpn: null, hostAdapter: null };
}

interface Hinted {
  rig: Rig;
  hint(hint: TransportHint): void;
  stops: number;
}

/** A rig whose runtime takes hints. The intervals are long, so a check soon after a hint comes from the hint. */
async function hintedRig(protocols: string[], options: RigOptions = {}): Promise<Hinted> {
  let tell: (hint: TransportHint) => void = () => undefined;
  const hinted: Hinted = { rig: undefined as never, hint: (hint) => tell(hint), stops: 0 };
  hinted.rig = createRig({
    engine: { pollingMs: 60_000, maxPollingMs: 240_000 },
    hints: {
      start: (onHint) => {
        tell = onHint;
      },
      stop: () => {
        hinted.stops += 1;
      },
    },
    ...options,
  });
  protocols.forEach((protocol, host) => {
    hinted.rig.simulator.admin.addDisk({
      wwid: wwidOf(1),
      hcil: `${host}:0:0:1`,
      sizeSectors: 16384,
      transport: over(protocol),
    });
  });
  await hinted.rig.run(1_000);
  await hinted.rig.runtime.start();
  await hinted.rig.run(5_000);
  return hinted;
}

/** The names of paths checked after `since`, engine time. */
function checkedSince(rig: Rig, since: number): string[] {
  return [...rig.runtime.tables.paths.values()]
    .filter((path) => (path.check.lastAt ?? 0) > since)
    .map((path) => path.name)
    .sort();
}

function passes(rig: Rig): string[] {
  return rig.logs
    .filter(({ message }) => message.startsWith('transport: '))
    .map(({ level, message }) => `${level} ${message}`);
}

const NAMES = ['sda', 'sdb', 'sdc', 'sdd', 'sde', 'sdf', 'sdg'];
/** The protocols of the disks on hosts 0 to 6. */
const MIXED = ['scsi:iscsi', 'scsi:fcp', 'nvme:tcp', 'scsi:sas', 'nvme:rdma', 'nvme:fc', 'scsi:fcp'];

describe('the paths that are checked at once after a hint', () => {
  const network = ['sda', 'sdc', 'sde'];
  const cases: Array<[string, TransportHint, string[]]> = [
    ['carrier lost', LINK_DOWN, network],
    ['carrier back', LINK_UP, network],
    ['an address lost', { kind: 'address', ifname: 'eth0', address: '192.0.2.1', present: false }, network],
    ['an address got', { kind: 'address', ifname: 'eth0', address: 'fd00::1', present: true }, network],
    ['RSCN on host 1', fc(1), ['sdb', 'sdf']],
    ['link down on host 6', fc(6, 'linkdown', null), ['sdf', 'sdg']],
    ['FPIN on a host without paths', fc(99, 'fpin', null), ['sdf']],
    ['missed events', MISSED, ['sda', 'sdb', 'sdc', 'sde', 'sdf', 'sdg']],
  ];

  it.each(cases)('%s', async (_what, hint, names) => {
    const { rig, hint: tell } = await hintedRig(MIXED);
    expect([...rig.runtime.tables.paths.values()].map((path) => path.name).sort()).toEqual(NAMES);
    const before = rig.runtime.tables.now;
    tell(hint);
    await rig.run(900);
    expect(checkedSince(rig, before)).toEqual(names);
  });

  it('a host number beyond 16 bits is matched by its low bits', async () => {
    const { rig, hint } = await hintedRig([]);
    rig.simulator.admin.addDisk({
      wwid: wwidOf(1),
      hcil: '65538:0:0:1',
      sizeSectors: 16384,
      transport: over('scsi:fcp'),
    });
    await rig.run(5_000);
    const before = rig.runtime.tables.now;
    hint(fc(2));
    await rig.run(100);
    expect(checkedSince(rig, before)).toEqual(['sda']);
  });

  it('neither an excluded path nor a path without facts is checked', async () => {
    const { rig, hint } = await hintedRig(['scsi:iscsi', 'scsi:iscsi', 'scsi:iscsi']);
    const [first, second] = [...rig.runtime.tables.paths.values()] as Path[];
    if (first === undefined || second === undefined) throw new Error('no paths');
    first.init = 'excluded';
    second.facts = null;
    hint(LINK_DOWN);
    expect(passes(rig)).toEqual(['notice transport: eth0 carries no traffic (down): 1 paths are checked now']);
  });
});

describe('the result of a hint', () => {
  it('a path that has died is noticed at once, and not only at its interval', async () => {
    const { rig, hint } = await hintedRig(['scsi:iscsi', 'scsi:iscsi']);
    rig.simulator.admin.change('sda', { answer: 'down' });
    await rig.run(10_000);
    expect(rig.runtime.tables.pathByName('sda')?.check.state).toBe('up');
    hint(LINK_DOWN);
    await rig.run(500);
    expect(rig.runtime.tables.pathByName('sda')?.check.state).toBe('down');
    expect(rig.truth().maps[`mpath-${wwidOf(1)}`]?.paths).toEqual(['8:0 failed', '8:16 active']);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('a path that lives again is reinstated at once', async () => {
    const { rig, hint } = await hintedRig(['scsi:fcp', 'scsi:fcp']);
    rig.simulator.admin.change('sda', { answer: 'down', io: true });
    await rig.run(1_000);
    rig.simulator.admin.change('sda', { answer: 'up' });
    await rig.run(10_000);
    expect(rig.truth().maps[`mpath-${wwidOf(1)}`]?.paths).toEqual(['8:0 failed', '8:16 active']);
    hint(fc(0, 'linkup', null));
    await rig.run(500);
    expect(rig.truth().maps[`mpath-${wwidOf(1)}`]?.paths).toEqual(['8:0 active', '8:16 active']);
  });

  it('a false alarm changes nothing, because the check decides', async () => {
    const { rig, hint } = await hintedRig(['scsi:iscsi', 'scsi:iscsi']);
    const before = rig.truth();
    for (const each of [LINK_DOWN, fc(0, 'linkdown'), fc(1, 'port-offline'), MISSED]) hint(each);
    await rig.run(5_000);
    expect(rig.truth()).toEqual(before);
    expect(rig.view()).toEqual(before);
    expect([...rig.runtime.tables.paths.values()].map((path) => path.check.state)).toEqual(['up', 'up']);
  });

  it('if a hint comes during a check, the path is checked again after this check', async () => {
    const { rig, hint } = await hintedRig(['scsi:iscsi', 'scsi:iscsi']);
    rig.simulator.admin.change('sda', { answer: 'down' });
    hint(LINK_DOWN);
    await rig.run(2_000);
    rig.simulator.admin.change('sda', { answer: 'hangs' });
    hint(LINK_DOWN);
    await rig.run(2_000);
    expect(rig.runtime.tables.pathByName('sda')?.check).toMatchObject({ state: 'down', inFlight: true });
    hint(LINK_UP);
    await rig.run(1_000);
    rig.simulator.admin.change('sda', { answer: 'up' });
    // The hung command ends at its timeout, 30 s. The next check by interval would come a minute later.
    await rig.run(40_000);
    expect(rig.runtime.tables.pathByName('sda')?.check).toMatchObject({ state: 'up', inFlight: false });
    expect(rig.truth().maps[`mpath-${wwidOf(1)}`]?.paths).toEqual(['8:0 active', '8:16 active']);
  });
});

describe('bursts of hints', () => {
  it('lead to one pass at once and one pass for the rest, a second later', async () => {
    const { rig, hint } = await hintedRig(['scsi:iscsi', 'scsi:iscsi']);
    for (let i = 0; i < 500; i++) hint(i % 2 === 0 ? LINK_DOWN : LINK_UP);
    await rig.run(990);
    expect(passes(rig)).toEqual(['notice transport: eth0 carries no traffic (down): 2 paths are checked now']);
    await rig.run(1_000);
    expect(passes(rig).slice(1)).toEqual([
      'notice transport: eth0 can carry traffic (up); eth0 carries no traffic (down); eth0 can carry traffic (up); and 496 more: 2 paths are checked now',
    ]);
    await rig.run(10_000);
    expect(passes(rig)).toHaveLength(2);
  });

  it('from a link that flaps for ten seconds lead to no more than one pass a second', async () => {
    const { rig, hint } = await hintedRig(['scsi:iscsi']);
    for (let i = 0; i < 100; i++) {
      hint(i % 2 === 0 ? LINK_DOWN : LINK_UP);
      await rig.run(100);
    }
    expect(passes(rig).length).toBeGreaterThanOrEqual(9);
    expect(passes(rig).length).toBeLessThanOrEqual(11);
  });

  it('on the network do not delay a hint of FC', async () => {
    const { rig, hint } = await hintedRig(['scsi:iscsi', 'scsi:fcp']);
    hint(LINK_DOWN);
    hint(LINK_UP);
    hint(fc(1));
    expect(passes(rig)).toEqual([
      'notice transport: eth0 carries no traffic (down): 1 paths are checked now',
      'notice transport: FC host1: rscn 0x010203: 1 paths are checked now',
    ]);
  });

  it('about several FC hosts have all these hosts looked at in the later pass, and not again after it', async () => {
    const { rig, hint } = await hintedRig(['scsi:fcp', 'scsi:fcp', 'scsi:fcp', 'scsi:fcp']);
    hint(fc(0));
    await rig.run(100);
    const before = rig.runtime.tables.now;
    hint(fc(1));
    hint(fc(2));
    await rig.run(1_500);
    expect(checkedSince(rig, before)).toEqual(['sdb', 'sdc']);
    const later = rig.runtime.tables.now;
    hint(fc(3));
    await rig.run(1_500);
    expect(checkedSince(rig, later)).toEqual(['sdd']);
  });

  it('missed events are forgotten after their pass: a hint about one host has only this host looked at', async () => {
    const { rig, hint } = await hintedRig(['scsi:fcp', 'scsi:fcp']);
    hint(MISSED);
    await rig.run(1_500);
    const before = rig.runtime.tables.now;
    hint(fc(1));
    await rig.run(500);
    expect(checkedSince(rig, before)).toEqual(['sdb']);
  });
});

describe('without a path to check', () => {
  it('a hint is logged at debug level only', async () => {
    const { rig, hint } = await hintedRig(['scsi:sas']);
    hint(LINK_DOWN);
    expect(passes(rig)).toEqual(['debug transport: eth0 carries no traffic (down): 0 paths are checked now']);
  });

  it('a hint before the first snapshot does no harm', () => {
    const engine = createEngine();
    const effects = engine.step({ type: 'transport-hint', hint: MISSED, at: 5 });
    expect(effects.map((effect) => effect.type)).toEqual(['log', 'log']);
  });
});

describe('the source of hints', () => {
  it('is started after the daemon is ready, and not before', async () => {
    const states: boolean[] = [];
    const rig: Rig = createRig({
      simulator: { udev: { delayMs: 500 } },
      hints: { start: () => void states.push(rig.runtime.tables.maps.size > 0), stop: () => undefined },
    });
    for (const host of [0, 1]) rig.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: `${host}:0:0:1` });
    await rig.runtime.start();
    await rig.run(100);
    expect(states).toEqual([]);
    await rig.run(3_000);
    expect(states).toEqual([true]);
  });

  it('is stopped with the daemon, and later hints are ignored', async () => {
    const hinted = await hintedRig(['scsi:iscsi']);
    void hinted.rig.runtime.stop();
    hinted.hint(LINK_DOWN);
    expect(hinted.stops).toBe(1);
    expect(passes(hinted.rig)).toEqual([]);
  });

  it('is optional: a daemon without it checks at its intervals', async () => {
    const rig = await startWithSan(1, 2);
    expect(addPath(rig, 1, 2)).toBe('sdc');
    await rig.run(30_000);
    expect(rig.view()).toEqual(rig.truth());
  });
});
