// jest takes testTimeout only from the top of its configuration, and not from a project. The guest is emulated, on a
// machine with other work.
jest.setTimeout(300_000);
