/** The last lines of a test run: what each project counted, and all together. */
const { basename } = require('node:path');
const { readFileSync } = require('node:fs');

const runs = process.argv.slice(2).map((file) => ({
  name: basename(file, '.json'),
  ...JSON.parse(readFileSync(file, 'utf8')),
}));
const total = (count) => runs.reduce((sum, run) => sum + run[count], 0);

for (const run of runs) {
  const seconds = Math.round(run.testResults.reduce((sum, file) => sum + (file.endTime - file.startTime), 0) / 1000);
  console.log(`${run.name}: ${run.numPassedTests} passed, ${run.numFailedTests} failed, ${run.numFailedTestSuites} files failed, ${seconds} s of tests`);
}
const failed = total('numFailedTests') + total('numRuntimeErrorTestSuites');
console.log(`${total('numPassedTests')} passed, ${failed} failed, ${total('numPendingTests')} skipped`);
process.exit(failed === 0 && total('numPassedTests') > 0 ? 0 : 1);
