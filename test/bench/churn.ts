/**
 * The daemon's memory over a day of churn on a simulated machine (test/simulation/churn.ts): heap and resident memory
 * after forced garbage collection, each simulated hour. Compiled code is apart: V8 compiles for days what is seldom
 * used, and a fault of the daemon would show in its data. Hours pass as fast as they can; the last one can pass with
 * real timers for some minutes of it. The exit status is 1 if the end takes more than 10 % more than the first hour.
 *     scripts/bench churn [HOURS] [REAL_MINUTES]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapCodeStatistics } from 'node:v8';
import { memoryFile } from '../../src/daemon/bindingsStore';
import { createDaemon, type Daemon } from '../../src/daemon/daemon';
import { createJournal } from '../../src/daemon/journal/journal';
import { createSimulator } from '../../src/simulator';
import { createRandom } from '../../src/simulator/random';
import { filesOf } from '../configuration';
import { createChurn, type Churn } from '../simulation/churn';
import { bindingsOf } from '../simulation/rig';
import { createVirtualScheduler, type VirtualScheduler } from '../simulator/virtualTime';
import { usedMemory } from './engineMemory';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** The time between two things that happen, ms. */
const PACE_MS = 2_000;
/** How often real time moves the clock, ms. */
const TICK_MS = 20;
/** Half of the daemon's usual journal, so that it is full within the first hour. */
const JOURNAL_BYTES = 8 << 20;
const MOST_GROWTH = 1.1;
/** A host of some 400 paths, and 400 LUNs that come and go. */
const SAN = { attached: 100, known: 400, paths: 4 } as const;

interface Figures {
  hour: string;
  data: number;
  code: number;
  outside: number;
  resident: number;
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1).padStart(8);

async function measure(hour: string, { tables }: Daemon, counts: { events: number; lines: number }): Promise<Figures> {
  const { heap, outside } = await usedMemory();
  const compiled = getHeapCodeStatistics();
  const code = compiled.code_and_metadata_size + compiled.bytecode_and_metadata_size;
  const data = heap - code;
  const resident = process.memoryUsage().rss;
  const devices = `${String(tables.paths.size).padStart(6)} paths${String(tables.maps.size).padStart(5)} maps`;
  const so = `${String(counts.events).padStart(8)} events${String(counts.lines).padStart(9)} log lines`;
  console.log(`${hour.padStart(9)}${mib(data)}${mib(code)}${mib(outside)}${mib(resident)}${devices}${so}`);
  return { hour, data, code, outside, resident };
}

function machine(): { scheduler: VirtualScheduler; daemon: Daemon; churn: Churn; lines: () => number } {
  const scheduler = createVirtualScheduler();
  const simulator = createSimulator({ scheduler });
  let lines = 0;
  const daemon = createDaemon({
    kernel: simulator.ports,
    bindings: bindingsOf(memoryFile()),
    ...filesOf(),
    udevPresent: true,
    nativeNvme: false,
    journal: (engine) => createJournal(engine, JOURNAL_BYTES),
    service: {
      ready: () => undefined,
      status: () => undefined,
      stopping: () => undefined,
      feedWatchdog: () => undefined,
      watchdogIntervalMs: null,
    },
    log: () => {
      lines += 1;
    },
    onBroken: (detail) => console.log(`an invariant is broken: ${detail}`),
  });
  const churn = createChurn({
    simulator,
    random: createRandom(1),
    ...SAN,
    submit: (command) => void daemon.submit(command),
    look: (device) => {
      daemon.explain(device);
      daemon.settings(device);
    },
  });
  return { scheduler, daemon, churn, lines: () => lines };
}

/** The journal writes long lines in turns of the event loop, which virtual time does not have. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function main(hours: number, realMinutes: number): Promise<number> {
  const { scheduler, daemon, churn, lines } = machine();
  let events = 0;
  const live = async (ms: number): Promise<void> => {
    for (const end = scheduler.now() + ms; scheduler.now() < end; ) {
      churn();
      events += 1;
      await scheduler.run(PACE_MS);
      await turn();
    }
  };
  const liveReally = async (ms: number): Promise<void> => {
    const [from, began] = [scheduler.now(), performance.now()];
    let next = from;
    for (let passed = 0; passed < ms; passed = performance.now() - began) {
      await sleep(TICK_MS);
      await scheduler.run(Math.max(0, from + performance.now() - began - scheduler.now()));
      for (; next < scheduler.now(); next += PACE_MS) {
        churn();
        events += 1;
      }
    }
  };
  console.log('     hour    data    code outside resident (MiB, after garbage collection)');
  await daemon.start();
  const figures: Figures[] = [];
  const counts = (): { events: number; lines: number } => ({ events, lines: lines() });
  for (let hour = 1; hour <= hours; hour++) {
    const isLast = hour === hours && realMinutes > 0;
    await live(isLast ? Math.max(0, HOUR_MS - realMinutes * MINUTE_MS) : HOUR_MS);
    if (isLast) await liveReally(realMinutes * MINUTE_MS);
    figures.push(await measure(isLast ? `${hour} (real)` : `${hour}`, daemon, counts()));
  }
  void daemon.stop();
  return verdict(figures);
}

function verdict(figures: readonly Figures[]): number {
  const [first, last] = [figures[0], figures.at(-1)];
  if (first === undefined || last === undefined) return 1;
  const used = (last.data + last.outside) / (first.data + first.outside);
  const resident = last.resident / first.resident;
  console.log(`the end to the first hour: used memory ${used.toFixed(3)}, resident ${resident.toFixed(3)}`);
  return Math.max(used, resident) <= MOST_GROWTH ? 0 : 1;
}

void main(Number(process.argv[2] ?? 24), Number(process.argv[3] ?? 0)).then((code) => process.exit(code));
