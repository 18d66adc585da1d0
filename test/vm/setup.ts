// jest takes testTimeout only from the top of its configuration, not from a project's.
// Emulated, and on whatever the machine has left.
jest.setTimeout(300_000);
