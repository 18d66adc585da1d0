/**
 * The last lines of a test run: what each project counted, and all together. Takes jest's JSON
 * results; of a file that ran twice (`vm.json`, `vm-again.json`) the second run counts, and is told.
 */
const { basename, relative } = require('node:path');
const { readFileSync } = require('node:fs');

const files = new Map();
// By their names without the ending, of which the second run's is the longer one.
const runs = process.argv.slice(2).map((path) => ({ path, name: basename(path, '.json') }));
for (const { path, name } of runs.sort((a, b) => (a.name < b.name ? -1 : 1))) {
  const [project, again] = name.split('-');
  for (const result of JSON.parse(readFileSync(path, 'utf8')).testResults) {
    if (again !== undefined) console.log(`${relative('.', result.name)} failed, and ran once more: ${result.status}`);
    files.set(result.name, { project, ...result });
  }
}

function count(results) {
  const tests = results.flatMap((result) => result.assertionResults);
  const of = (status) => tests.filter((test) => test.status === status).length;
  // A file that could not even be run has no tests, and is a failure all the same.
  const broken = results.filter((result) => result.status === 'failed' && result.assertionResults.length === 0).length;
  return { passed: of('passed'), failed: of('failed') + broken, skipped: of('pending') + of('todo') };
}

const all = [...files.values()];
for (const project of new Set(all.map((result) => result.project))) {
  const { passed, failed } = count(all.filter((result) => result.project === project));
  console.log(`${project}: ${passed} passed, ${failed} failed`);
}
const { passed, failed, skipped } = count(all);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
