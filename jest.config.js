/**
 * Three kinds of tests (design section 7). `npx jest` runs all of them; `npx jest vectors`,
 * `npx jest --selectProjects unit` and so on run a part.
 */
const transform = { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] };

const project = (displayName, more) => ({
  displayName,
  transform,
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/seed.ts'],
  ...more,
});

module.exports = {
  projects: [
    project('unit', {
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/host/', '<rootDir>/test/vm/'],
    }),
    // This machine's own kernel: real netlink sockets. Needs root and the built addon.
    project('host', { testMatch: ['<rootDir>/test/host/**/*.test.ts'] }),
    // A real kernel with device-mapper under QEMU.
    project('vm', {
      testMatch: ['<rootDir>/test/vm/**/*.test.ts'],
      globalSetup: '<rootDir>/test/vm/globalSetup.ts',
      setupFilesAfterEnv: ['<rootDir>/test/vm/setup.ts'],
    }),
  ],
};
