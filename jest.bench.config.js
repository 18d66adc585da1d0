/** Benchmarks, run by scripts/bench. They print figures, and assert nothing about time. */
const { projects } = require('./jest.config');
const { transform, globalSetup } = projects.find((project) => project.displayName === 'vm');

const project = (displayName, more) => ({ displayName, transform, testEnvironment: 'node', ...more });

module.exports = {
  projects: [
    project('vm', { globalSetup, testMatch: ['<rootDir>/test/bench/{vm,identity}.bench.ts'] }),
    project('process', {
      testMatch: ['<rootDir>/test/bench/**/*.bench.ts'],
      testPathIgnorePatterns: ['/node_modules/', '(vm|identity)\\.bench\\.ts$'],
    }),
  ],
};
