import { type HolderState, judgeHolder, stateOfHolder } from '../../src/ipc/holderState';

const NONE = '0000000000000000';
const KILL = '0000000000000100';

const status = (own: string, shared: string): string => `Name:\tnode\nState:\tS\nSigPnd:\t${own}\nShdPnd:\t${shared}\n`;
const stat = (state: string, flags: number, name = 'node'): string =>
  `347 (${name}) ${state} 1 347 347 0 -1 ${flags} 0\n`;
/** PF_FORKNOEXEC and others, without PF_EXITING. */
const USUAL = 0x400040;

test.each<[string, string, string, HolderState]>([
  ['sleeps', status(NONE, NONE), stat('S', USUAL), 'alive'],
  ['sleeps uninterruptibly', status(NONE, NONE), stat('D', USUAL), 'alive'],
  ['is stopped', status(NONE, '0000000000004000'), stat('T', USUAL), 'alive'],
  ['has SIGTERM pending', status('0000000000004000', NONE), stat('D', USUAL), 'alive'],
  ['has SIGKILL pending in its first thread', status(KILL, NONE), stat('D', USUAL), 'dying'],
  ['has SIGKILL pending in all', status(NONE, '0000000000004100'), stat('D', USUAL), 'dying'],
  ['is within exit', status(NONE, NONE), stat('D', USUAL | 0x4), 'dying'],
  ['has lost its first thread', status(NONE, NONE), stat('Z', USUAL | 0xc), 'dying'],
  ['has the name of a zombie', status(NONE, NONE), stat('S', USUAL, 'a) Z 4 (b'), 'alive'],
  ['has no readable stat', status(NONE, NONE), '', 'unknown'],
])('a process that %s', (_what, statusText, statText, expected) => {
  expect(judgeHolder(statusText, statText)).toBe(expected);
});

test('this process is alive, and a pid that the kernel cannot give is gone', () => {
  expect(stateOfHolder(process.pid)).toBe('alive');
  expect(stateOfHolder(2 ** 22 + 1)).toBe('gone');
});
