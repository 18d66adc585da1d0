/**
 * The kinds of tests. `npx jest --selectProjects unit` runs one kind, `npx jest vectors` runs the files with this word
 * in their paths, and scripts/test runs all tests.
 */
const transform = { '^.+\\.ts$': '<rootDir>/test/esbuildTransform.js' };

/** Inputs of a fresh seed for every parser, for as long as FUZZ_SECONDS says; and the longest that each may take. */
const FUZZ = ['<rootDir>/test/fuzz/', '<rootDir>/test/config/parse/fuzz.test.ts'];

/** C++ tests under the sanitizers, and the model checker: they have to be compiled first. */
const NATIVE = ['<rootDir>/test/native.test.ts', '<rootDir>/test/model.test.ts'];

const PATIENT = { setupFilesAfterEnv: ['<rootDir>/test/patience.ts'] };

const project = (displayName, more) => ({
  displayName,
  transform,
  testEnvironment: 'node',
  moduleNameMapper: { '^fast-check$': '<rootDir>/test/fastCheck.ts' },
  ...more,
});

module.exports = {
  // By default jest leaves one of two cores idle.
  maxWorkers: '100%',
  projects: [
    // The unit tests need neither root nor a VM, and take a minute: `npm test`.
    project('unit', {
      ...PATIENT,
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/host/', '<rootDir>/test/vm/', ...NATIVE, ...FUZZ],
    }),
    project('fuzz', {
      ...PATIENT,
      testMatch: ['<rootDir>/test/fuzz/**/*.test.ts', '<rootDir>/test/config/parse/fuzz.test.ts'],
    }),
    project('native', { testMatch: NATIVE }),
    // This machine's own kernel: real netlink sockets. Needs root and the built addon.
    project('host', { ...PATIENT, testMatch: ['<rootDir>/test/host/**/*.test.ts'] }),
    // A real kernel with device-mapper, under User Mode Linux or QEMU.
    project('vm', {
      testMatch: ['<rootDir>/test/vm/**/*.test.ts'],
      globalSetup: '<rootDir>/test/vm/globalSetup.ts',
      setupFilesAfterEnv: ['<rootDir>/test/vm/setup.ts'],
    }),
  ],
};
