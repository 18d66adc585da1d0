import { createEngine } from '../../../src/engine/engine';
import type { TransportFacts } from '../../../src/model/facts';
import type { Path } from '../../../src/model/path';
import type { FcEvent, TransportHint } from '../../../src/model/transportHint';
import { addPath, createBench, startWithSan, wwidOf, type Bench, type BenchOptions } from '../../simulation/bench';

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
  bench: Bench;
  hint(hint: TransportHint): void;
  stops: number;
}

/** A bench whose runtime takes hints; intervals are long, so that a check soon after a hint is the hint's. */
async function hintedBench(protocols: string[], options: BenchOptions = {}): Promise<Hinted> {
  let tell: (hint: TransportHint) => void = () => undefined;
  const hinted: Hinted = { bench: undefined as never, hint: (hint) => tell(hint), stops: 0 };
  hinted.bench = createBench({
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
    hinted.bench.simulator.admin.addDisk({
      wwid: wwidOf(1),
      hcil: `${host}:0:0:1`,
      sizeSectors: 16384,
      transport: over(protocol),
    });
  });
  await hinted.bench.run(1_000);
  await hinted.bench.runtime.start();
  await hinted.bench.run(5_000);
  return hinted;
}

/** The names of paths checked after `since`, engine time. */
function checkedSince(bench: Bench, since: number): string[] {
  return [...bench.runtime.tables.paths.values()]
    .filter((path) => (path.check.lastAt ?? 0) > since)
    .map((path) => path.name)
    .sort();
}

function passes(bench: Bench): string[] {
  return bench.logs
    .filter(({ message }) => message.startsWith('transport: '))
    .map(({ level, message }) => `${level} ${message}`);
}

const NAMES = ['sda', 'sdb', 'sdc', 'sdd', 'sde', 'sdf', 'sdg'];
/** On hosts 0 to 6. */
const MIXED = ['scsi:iscsi', 'scsi:fcp', 'nvme:tcp', 'scsi:sas', 'nvme:rdma', 'nvme:fc', 'scsi:fcp'];

describe('which paths a hint has checked at once', () => {
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
    const { bench, hint: tell } = await hintedBench(MIXED);
    expect([...bench.runtime.tables.paths.values()].map((path) => path.name).sort()).toEqual(NAMES);
    const before = bench.runtime.tables.now;
    tell(hint);
    await bench.run(900);
    expect(checkedSince(bench, before)).toEqual(names);
  });

  it('host numbers beyond 16 bits are told by their low bits', async () => {
    const { bench, hint } = await hintedBench([]);
    bench.simulator.admin.addDisk({
      wwid: wwidOf(1),
      hcil: '65538:0:0:1',
      sizeSectors: 16384,
      transport: over('scsi:fcp'),
    });
    await bench.run(5_000);
    const before = bench.runtime.tables.now;
    hint(fc(2));
    await bench.run(100);
    expect(checkedSince(bench, before)).toEqual(['sda']);
  });

  it('an excluded path and one without facts are none of them', async () => {
    const { bench, hint } = await hintedBench(['scsi:iscsi', 'scsi:iscsi', 'scsi:iscsi']);
    const [first, second] = [...bench.runtime.tables.paths.values()] as Path[];
    if (first === undefined || second === undefined) throw new Error('no paths');
    first.init = 'excluded';
    second.facts = null;
    hint(LINK_DOWN);
    expect(passes(bench)).toEqual(['notice transport: eth0 carries no traffic (down): 1 paths are checked now']);
  });
});

describe('what comes of it', () => {
  it('a path that has died is found out at once, not at its interval', async () => {
    const { bench, hint } = await hintedBench(['scsi:iscsi', 'scsi:iscsi']);
    bench.simulator.admin.change('sda', { answer: 'down' });
    await bench.run(10_000);
    expect(bench.runtime.tables.pathByName('sda')?.check.state).toBe('up');
    hint(LINK_DOWN);
    await bench.run(500);
    expect(bench.runtime.tables.pathByName('sda')?.check.state).toBe('down');
    expect(bench.truth().maps[`mpath-${wwidOf(1)}`]?.paths).toEqual(['8:0 failed', '8:16 active']);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('a path that lives again is reinstated at once', async () => {
    const { bench, hint } = await hintedBench(['scsi:fcp', 'scsi:fcp']);
    bench.simulator.admin.change('sda', { answer: 'down', io: true });
    await bench.run(1_000);
    bench.simulator.admin.change('sda', { answer: 'up' });
    await bench.run(10_000);
    expect(bench.truth().maps[`mpath-${wwidOf(1)}`]?.paths).toEqual(['8:0 failed', '8:16 active']);
    hint(fc(0, 'linkup', null));
    await bench.run(500);
    expect(bench.truth().maps[`mpath-${wwidOf(1)}`]?.paths).toEqual(['8:0 active', '8:16 active']);
  });

  it('a false alarm changes nothing: the check decides', async () => {
    const { bench, hint } = await hintedBench(['scsi:iscsi', 'scsi:iscsi']);
    const before = bench.truth();
    for (const each of [LINK_DOWN, fc(0, 'linkdown'), fc(1, 'port-offline'), MISSED]) hint(each);
    await bench.run(5_000);
    expect(bench.truth()).toEqual(before);
    expect(bench.view()).toEqual(before);
    expect([...bench.runtime.tables.paths.values()].map((path) => path.check.state)).toEqual(['up', 'up']);
  });

  it('a hint during a check has the path checked again when that one ends', async () => {
    const { bench, hint } = await hintedBench(['scsi:iscsi', 'scsi:iscsi']);
    bench.simulator.admin.change('sda', { answer: 'down' });
    hint(LINK_DOWN);
    await bench.run(2_000);
    bench.simulator.admin.change('sda', { answer: 'hangs' });
    hint(LINK_DOWN);
    await bench.run(2_000);
    expect(bench.runtime.tables.pathByName('sda')?.check).toMatchObject({ state: 'down', inFlight: true });
    hint(LINK_UP);
    await bench.run(1_000);
    bench.simulator.admin.change('sda', { answer: 'up' });
    // The hung command ends at its timeout, 30 s; the next check by interval were a minute later.
    await bench.run(40_000);
    expect(bench.runtime.tables.pathByName('sda')?.check).toMatchObject({ state: 'up', inFlight: false });
    expect(bench.truth().maps[`mpath-${wwidOf(1)}`]?.paths).toEqual(['8:0 active', '8:16 active']);
  });
});

describe('bursts', () => {
  it('are one pass at once and one for the rest, a second later', async () => {
    const { bench, hint } = await hintedBench(['scsi:iscsi', 'scsi:iscsi']);
    for (let i = 0; i < 500; i++) hint(i % 2 === 0 ? LINK_DOWN : LINK_UP);
    await bench.run(990);
    expect(passes(bench)).toEqual(['notice transport: eth0 carries no traffic (down): 2 paths are checked now']);
    await bench.run(1_000);
    expect(passes(bench).slice(1)).toEqual([
      'notice transport: eth0 can carry traffic (up); eth0 carries no traffic (down); eth0 can carry traffic (up); and 496 more: 2 paths are checked now',
    ]);
    await bench.run(10_000);
    expect(passes(bench)).toHaveLength(2);
  });

  it('of a link that flaps for ten seconds make no more than one pass a second', async () => {
    const { bench, hint } = await hintedBench(['scsi:iscsi']);
    for (let i = 0; i < 100; i++) {
      hint(i % 2 === 0 ? LINK_DOWN : LINK_UP);
      await bench.run(100);
    }
    expect(passes(bench).length).toBeGreaterThanOrEqual(9);
    expect(passes(bench).length).toBeLessThanOrEqual(11);
  });

  it('on the network do not delay a hint of FC', async () => {
    const { bench, hint } = await hintedBench(['scsi:iscsi', 'scsi:fcp']);
    hint(LINK_DOWN);
    hint(LINK_UP);
    hint(fc(1));
    expect(passes(bench)).toEqual([
      'notice transport: eth0 carries no traffic (down): 1 paths are checked now',
      'notice transport: FC host1: rscn 0x010203: 1 paths are checked now',
    ]);
  });

  it('of several FC hosts are all looked at in the later pass, and then no more', async () => {
    const { bench, hint } = await hintedBench(['scsi:fcp', 'scsi:fcp', 'scsi:fcp', 'scsi:fcp']);
    hint(fc(0));
    await bench.run(100);
    const before = bench.runtime.tables.now;
    hint(fc(1));
    hint(fc(2));
    await bench.run(1_500);
    expect(checkedSince(bench, before)).toEqual(['sdb', 'sdc']);
    const later = bench.runtime.tables.now;
    hint(fc(3));
    await bench.run(1_500);
    expect(checkedSince(bench, later)).toEqual(['sdd']);
  });

  it('after missed events one host is one host again', async () => {
    const { bench, hint } = await hintedBench(['scsi:fcp', 'scsi:fcp']);
    hint(MISSED);
    await bench.run(1_500);
    const before = bench.runtime.tables.now;
    hint(fc(1));
    await bench.run(500);
    expect(checkedSince(bench, before)).toEqual(['sdb']);
  });
});

describe('without anything to check', () => {
  it('a hint is told at debug level only', async () => {
    const { bench, hint } = await hintedBench(['scsi:sas']);
    hint(LINK_DOWN);
    expect(passes(bench)).toEqual(['debug transport: eth0 carries no traffic (down): 0 paths are checked now']);
  });

  it('a hint before the first snapshot does no harm', () => {
    const engine = createEngine();
    const effects = engine.step({ type: 'transport-hint', hint: MISSED, at: 5 });
    expect(effects.map((effect) => effect.type)).toEqual(['log', 'log']);
  });
});

describe('the source of hints', () => {
  it('is started once the daemon is ready, not before', async () => {
    const states: boolean[] = [];
    const bench: Bench = createBench({
      simulator: { udev: { delayMs: 500 } },
      hints: { start: () => void states.push(bench.runtime.tables.maps.size > 0), stop: () => undefined },
    });
    for (const host of [0, 1]) bench.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: `${host}:0:0:1` });
    await bench.runtime.start();
    await bench.run(100);
    expect(states).toEqual([]);
    await bench.run(3_000);
    expect(states).toEqual([true]);
  });

  it('is stopped with the daemon, and what it says then is not taken in', async () => {
    const hinted = await hintedBench(['scsi:iscsi']);
    void hinted.bench.runtime.stop();
    hinted.hint(LINK_DOWN);
    expect(hinted.stops).toBe(1);
    expect(passes(hinted.bench)).toEqual([]);
  });

  it('is not needed: a daemon without one checks at its intervals', async () => {
    const bench = await startWithSan(1, 2);
    expect(addPath(bench, 1, 2)).toBe('sdc');
    await bench.run(30_000);
    expect(bench.view()).toEqual(bench.truth());
  });
});
