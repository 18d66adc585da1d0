import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compareFacts, unseen, type Comparison, withoutBuiltIn } from './configurations/compare';
import { AS_PLANNED, type Case, chosenCases, readCases, sampleOf, stepsOf } from './configurations/cases';
import { WANTED } from './configurations/differences';
import type { Facts, StepAnswer } from './configurations/facts';
import { madeShapes, type OurAnswer, ourFacts, plannedShapes } from './configurations/ours';
import { record, type Recording, replay } from './configurations/recording';
import { theirFacts } from './configurations/theirs';
import { asConfigured, asTheyTell } from './configurations/told';
import { startMpathd, writeConfig } from './daemon';
import { machineForFile } from './machine';
import { fastUdev, lioLoop, nvmeDevices, nvmeInOrder, scsiDebug } from './topologies';

/*
 * Debian's multipath-tools and mpathd both get each configuration, on the same disks. Names, tables, state files and
 * settings must be the same, except for the differences in configurations/differences.ts, each with its reason.
 * multipath-tools is the same in each run, so its results are recorded. In each run it gets some configurations again,
 * other ones each time, and those that were asked for by name: the recording must be what it does.
 */

// This file has by far the most work. With two CPUs udevd has one for itself.
const machine = machineForFile({ needs: ['alua', 'devices', 'smp'], devices: [nvmeDevices({ controllers: 2 })] });
const RECORDING = resolve(__dirname, '..', 'configurations', 'multipath-0.9.4.json');
const ALL_CASES = readCases();
// scripts/test says which tests were asked for by name.
const { MPATHD_VM_NAMES: NAMES, MPATHD_VM_RECORD: RECORD_FILE } = process.env;
const CASES = chosenCases(ALL_CASES, NAMES, 'plain');
const plain = CASES.find(({ name }) => name === 'plain')!;
const SEED = Number(process.env.MPATHD_CONFIGURATIONS_SEED ?? Date.now() % 2 ** 31);
const SAMPLE = 6;
/** Those that multipath-tools gets again. */
const MADE_AGAIN =
  NAMES === undefined && RECORD_FILE === undefined
    ? [
        plain,
        ...sampleOf(
          CASES.filter((one) => one !== plain),
          SAMPLE,
          SEED,
        ),
      ]
    : CASES;
const recording = JSON.parse(readFileSync(RECORDING, 'utf8')) as Recording;
const ALL_MS = 1_500_000;

/** WWIDs of maps whose table the kernel refuses. No plan knows this beforehand. */
const REFUSED: Readonly<Record<string, string>> = { 'selector-refused': '333333330000007d0' };

let theirs: Map<string, StepAnswer>;
/** What multipath-tools made in this run. */
let made: Recording;
let ours: Map<string, OurAnswer>;
const comparisons = new Map<string, Comparison>();

/** Has one of the makers in guest/configurations.py work on the cases. */
const make = async <A extends StepAnswer>(
  maker: 'multipath' | 'mpathd',
  cases: readonly Case[],
): Promise<Map<string, A>> => {
  const file = `${maker}.json`;
  const order = { maker, steps: stepsOf(cases), out: `/out/${file}` };
  await machine().ok('python3 /project/test/vm/guest/configurations.py', {
    stdin: JSON.stringify(order),
    timeoutMs: ALL_MS,
  });
  const answers = JSON.parse(readFileSync(join(machine().out, file), 'utf8')) as A[];
  return new Map(answers.map((answer) => [answer.name, answer]));
};

const answerOf = <A>(answers: ReadonlyMap<string, A>, { name }: Pick<Case, 'name'>): A => {
  const answer = answers.get(name);
  if (answer === undefined) throw new Error(`there is no answer for ${name}`);
  return answer;
};

const factsOf = (one: Case): { theirs: Facts; ours: Facts } => {
  const said = replay(recording, one.name);
  const own = ourFacts(one, answerOf(ours, one), answerOf(ours, plain));
  return { theirs: asConfigured(said, own), ours: asTheyTell(own, said) };
};

beforeAll(async () => {
  await fastUdev(machine());
  // What is recorded has the names of disks.
  await scsiDebug(machine(), { luns: 2, paths: 4, inOrder: true });
  await lioLoop(machine(), { paths: 4, inOrder: true });
  await nvmeInOrder(machine());
  process.stdout.write(`configurations: MPATHD_CONFIGURATIONS_SEED=${SEED}\n`);
  theirs = await make('multipath', MADE_AGAIN);
  made = record(
    theirFacts(answerOf(theirs, plain)),
    new Map(MADE_AGAIN.map((one) => [one.name, theirFacts(answerOf(theirs, one))])),
  );
  if (RECORD_FILE !== undefined) writeFileSync(RECORD_FILE, `${JSON.stringify(made, null, 1)}\n`);
  await writeConfig(machine(), 'blacklist {\n\tdevnode ".*"\n}\n');
  const daemon = await startMpathd(machine());
  try {
    ours = await make('mpathd', CASES);
  } finally {
    await daemon.stop();
  }
}, 2 * ALL_MS);

test('both make maps of every LUN where nothing forbids it', () => {
  const counts = [theirs, ours].map((answers) => answerOf<StepAnswer>(answers, plain).maps.length);
  expect(counts).toEqual([4, 4]);
});

test.each(MADE_AGAIN.map(({ name }) => name))('multipath-tools does with %s what is recorded of it', (name) => {
  expect(made.plain).toEqual(recording.plain);
  expect(made.cases[name]).toEqual(recording.cases[name]);
});

describe.each(CASES.map((one) => [one.name, one] as const))('%s', (name, one) => {
  test(one.about, () => {
    const [case_, base] = [factsOf(one), factsOf(plain)];
    const comparison = compareFacts(
      name,
      withoutBuiltIn(case_.theirs, base.theirs),
      withoutBuiltIn(case_.ours, base.ours),
      WANTED,
    );
    comparisons.set(name, comparison);
    expect(comparison.unwanted).toEqual([]);
  });

  test(AS_PLANNED, () => {
    const answer = answerOf(ours, one);
    expect(answer.log).toBe('ok\n');
    const refused = REFUSED[name];
    const planned = Object.entries(plannedShapes(answer)).filter(
      ([key]) => refused === undefined || !key.startsWith(refused),
    );
    expect(madeShapes(answer)).toEqual(Object.fromEntries(planned));
  });
});

test('every difference that is listed occurs', () => {
  // With names only some cases were judged.
  const judged = WANTED.filter(
    ({ cases }) => cases?.every((name) => comparisons.has(name)) ?? comparisons.size === ALL_CASES.length,
  );
  expect(unseen(judged, comparisons)).toEqual([]);
});
