/** Random histories of a daemon on a simulated machine, with the recorded inputs. */
import type { Checkpoint } from '../../src/engine/checkpoint';
import type { Engine } from '../../src/engine/engine';
import type { AdminCommand, Input } from '../../src/engine/protocol';
import type { Journal } from '../../src/daemon/journal/journal';
import type { HintSource } from '../../src/daemon/transportWatcher/supervisor';
import type { TransportHint } from '../../src/model/transportHint';
import { KernelRefusal } from '../../src/simulator/dmIoctl';
import { createRandom, type Random } from '../../src/simulator/random';
import { createRig, wwidOf, type Rig, type RigOptions } from './rig';

function pick<T>(random: Random, list: readonly T[], fallback: T): T {
  return list[random.below(list.length)] ?? fallback;
}

const COMMANDS: ReadonlyArray<(disk: string, map: string) => AdminCommand> = [
  (path) => ({ kind: 'add-path', path }),
  (path) => ({ kind: 'del-path', path }),
  (_path, map) => ({ kind: 'add-map', map }),
  (_path, map) => ({ kind: 'del-map', map }),
  () => ({ kind: 'resync' }),
  () => ({ kind: 'audit' }),
];

const HINTS: readonly TransportHint[] = [
  { kind: 'missed' },
  { kind: 'fc', hostNo: 1, event: 'linkdown', data: null },
  { kind: 'link', ifname: 'eth0', carrier: false, operstate: 'down' },
];

const OUTCOMES = [{ kind: 'errno', errno: 'ENOMEM' }, { kind: 'late', ms: 3_000 }, { kind: 'hang' }] as const;

function act(rig: Rig, random: Random, hint: (hint: TransportHint) => void): void {
  const { admin, faults, udev, kernelListener, world } = rig.simulator;
  const disk = pick(random, [...world.disks.keys()], 'sdz');
  const map = pick(random, [...world.dmByName.keys()], 'none');
  const lun = (): string => wwidOf(1 + random.below(3));
  const actions: Array<() => void> = [
    () => void admin.addDisk({ wwid: lun(), hcil: `${random.below(4)}:0:0:${random.below(3)}` }),
    () => void admin.addDisk({ wwid: lun(), hcil: `${random.below(4)}:0:0:${random.below(3)}` }),
    () => admin.removeDisk(disk, random.chance(0.5)),
    () => admin.change(disk, { answer: pick(random, ['up', 'down', 'hangs', 'ghost'] as const, 'up') }),
    () => admin.remap(disk, lun()),
    () => admin.trigger(disk, 'change', 1 + random.below(40)),
    () => admin.renameMap(map, `name${random.below(4)}`),
    () => (random.chance(0.5) ? udev?.stop() : udev?.continue()),
    () => (random.chance(0.5) ? kernelListener.pause() : kernelListener.resume()),
    () => {
      faults.loseUevents = random.chance(0.5) ? 0.3 : 0;
    },
    () =>
      void faults.add({
        operations: 'all',
        devices: null,
        outcome: pick(random, OUTCOMES, OUTCOMES[0]),
        times: 1 + random.below(4),
        probability: 0.5,
      }),
    () => void faults.release(),
    () => void rig.runtime.submit(pick(random, COMMANDS, COMMANDS[4] as never)(disk, map)),
    () => void rig.runtime.submit(pick(random, COMMANDS, COMMANDS[4] as never)(disk, map)),
    () => hint(pick(random, HINTS, { kind: 'missed' })),
  ];
  try {
    pick(random, actions, () => undefined)();
  } catch (error) {
    // A device that is not there cannot be removed. Such an action has no effect.
    if (!(error instanceof KernelRefusal)) throw error;
  }
}

export interface Recorded {
  rig: Rig;
  engine: Engine;
  /** The inputs as JSON, written before the engine gets them. */
  inputs: string[];
  /** The state after a number of inputs, as JSON, written while the daemon ran. */
  checkpoints: Array<{ after: number; json: string }>;
}

/** A sink that keeps the inputs as text, and a checkpoint now and then. */
function recorder(random: Random, recorded: Pick<Recorded, 'inputs' | 'checkpoints'>, engine: Engine): Journal {
  return {
    record: (input) => void recorded.inputs.push(JSON.stringify(input)),
    stepped: () => {
      if (random.chance(0.05))
        recorded.checkpoints.push({ after: recorded.inputs.length, json: JSON.stringify(engine.checkpoint()) });
    },
    recording: () => {
      throw new Error('not a real journal');
    },
    bytes: 0,
  };
}

/** Lets a random history happen to a rig. */
export async function happen(
  rig: Rig,
  random: Random,
  actions: number,
  hint: (hint: TransportHint) => void = () => undefined,
): Promise<void> {
  for (let i = 0; i < actions; i++) {
    act(rig, random, hint);
    await rig.run(random.below(2_000));
  }
}

export const FLAKY: RigOptions['simulator'] = {
  listener: { bufferBytes: 8_192 },
  latency: { operationMs: 20, answerMs: 20 },
};

export async function recordHistory(seed: number, actions: number): Promise<Recorded> {
  const random = createRandom(seed);
  let hint: (hint: TransportHint) => void = () => undefined;
  const hints: HintSource = {
    start: (onHint) => {
      hint = onHint;
    },
    stop: () => undefined,
  };
  const kept: Pick<Recorded, 'inputs' | 'checkpoints'> = { inputs: [], checkpoints: [] };
  let engine: Engine | null = null;
  const rig = createRig({
    simulator: { seed, ...FLAKY },
    hints,
    journal: (of) => {
      engine = of;
      return recorder(createRandom(seed + 1_000_000), kept, of);
    },
  });
  await rig.runtime.start();
  await happen(rig, random, actions, (one) => hint(one));
  if (engine === null) throw new Error('the runtime did not ask for a journal');
  return { rig, engine, ...kept };
}

export function parseInput(json: string): Input {
  return JSON.parse(json) as Input;
}

export function parseCheckpoint(json: string): Checkpoint {
  return JSON.parse(json) as Checkpoint;
}
