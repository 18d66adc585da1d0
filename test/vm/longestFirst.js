/**
 * The order of the VM tests: the longest first, so that no long test begins when the other machine has nothing left to
 * do. The figures are from the summary of scripts/test. A file that is not listed comes first, because its time is not
 * known.
 */
const { basename } = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

const LONGEST_FIRST = [
  'configurations',
  'kinds',
  'ioctlFaults',
  'topologies',
  'loss',
  'checks',
  'harness',
  'kernelRules',
  'check',
  'service',
  'kills',
  'badInput',
  'seedScenario',
  'socket',
  'paths',
  'maps',
  'swappedLun',
  'hungSuspends',
  'restart',
  'queueing',
  'kernelRulesUml',
  'harnessUml',
  'hungRoot',
  'reconfigure',
  'comparison',
];

const place = ({ path }) => LONGEST_FIRST.indexOf(basename(path, '.test.ts'));

module.exports = class extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => place(a) - place(b));
  }
};
