/** Benchmarks, run by scripts/bench: figures are printed, nothing is asserted about time. */
const { projects } = require('./jest.config');
const { transform, globalSetup } = projects.find((project) => project.displayName === 'vm');

module.exports = { transform, globalSetup, testEnvironment: 'node', testMatch: ['<rootDir>/test/bench/**/*.bench.ts'] };
