/**
 * Prints the last lines of a test run: the slowest files, the time of each machine, and the numbers of tests.
 *
 *   node scripts/summary.js DIRECTORY
 *
 * DIRECTORY has jest's JSON results by project (`unit.json`). It also has two files of scripts/test and the VM tests,
 * with one JSON object on each line: parts.jsonl `{"part", "seconds", "failed"}`, and machines.jsonl
 * `{"file", "kind", "cpuSeconds"}`, which says where a VM test ran and what it cost this machine.
 */
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { basename, join, relative } = require('node:path');

const SLOWEST = 10;
/** Parts that jest does not count. */
const OTHER_PARTS = ['types', 'lint', 'histories'];
const MACHINES = { uml: 'User Mode Linux', qemu: 'QEMU' };

const directory = process.argv[2];
const lines = (name) => {
  const path = join(directory, name);
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    : [];
};

const kinds = new Map();
/** CPU seconds by machine. */
const cpu = new Map();
for (const { file, kind, cpuSeconds } of lines('machines.jsonl')) {
  kinds.set(file, [...new Set([...(kinds.get(file) ?? []), MACHINES[kind]])]);
  cpu.set(MACHINES[kind], (cpu.get(MACHINES[kind]) ?? 0) + cpuSeconds);
}

/** Every test file that ran, with its machine. */
const files = readdirSync(directory)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .flatMap((name) => {
    const project = basename(name, '.json');
    return JSON.parse(readFileSync(join(directory, name), 'utf8')).testResults.map((result) => ({
      project,
      name: relative('.', result.name),
      machine: project === 'vm' ? (kinds.get(result.name) ?? ['no machine']).join(' and ') : project,
      seconds: ((result.endTime ?? 0) - (result.startTime ?? 0)) / 1000,
      result,
    }));
  });
const parts = lines('parts.jsonl');

function count(results) {
  const tests = results.flatMap((result) => result.assertionResults);
  const of = (status) => tests.filter((test) => test.status === status).length;
  // A file that could not run has no tests. It counts as a failure.
  const broken = results.filter((result) => result.status === 'failed' && result.assertionResults.length === 0).length;
  return { passed: of('passed'), failed: of('failed') + broken, skipped: of('pending') + of('todo') };
}

const slowest = files
  .filter(({ seconds }) => seconds >= 1)
  .sort((a, b) => b.seconds - a.seconds)
  .slice(0, SLOWEST);
if (slowest.length > 0) console.log('the slowest files:');
for (const { name, machine, seconds } of slowest)
  console.log(`${seconds.toFixed(0).padStart(5)} s  ${name} (${machine})`);

/** Machines run side by side, so the sum is longer than the run. */
const shares = new Map(
  parts.filter(({ part }) => OTHER_PARTS.includes(part)).map(({ part, seconds }) => [part, seconds]),
);
for (const { machine, seconds } of files) shares.set(machine, (shares.get(machine) ?? 0) + seconds);
const share = ([name, seconds]) =>
  `${name} ${seconds.toFixed(0)}${cpu.has(name) ? ` (CPU ${cpu.get(name).toFixed(0)})` : ''}`;
if (shares.size > 0) console.log(`seconds of each machine: ${[...shares].map(share).join(', ')}`);

for (const project of new Set(files.map((file) => file.project))) {
  const { passed, failed } = count(files.filter((file) => file.project === project).map(({ result }) => result));
  console.log(`${project}: ${passed} passed, ${failed} failed`);
}
// Parts that failed although all their tests passed, or that have no tests: types, lint, histories, a VM without its
// image.
const counted = count(files.map(({ result }) => result));
const unexplained = parts.filter(
  ({ part, failed }) =>
    failed && count(files.filter((file) => file.project === part).map(({ result }) => result)).failed === 0,
);
for (const { part } of unexplained) console.log(`${part}: failed, see above`);
const failed = counted.failed + unexplained.length;
const passed = counted.passed + parts.filter(({ part, failed: bad }) => OTHER_PARTS.includes(part) && !bad).length;
console.log(`${passed} passed, ${failed} failed, ${counted.skipped} skipped`);
if (failed === 0 && passed === 0)
  console.error(`error: nothing ran${counted.skipped > 0 ? ': no test has this name' : ''}`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
