import { isOpenToAll, parseCommand } from '../../src/ipc/grammar';
import { flag, text, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

function runCommand(c: VectorCase): void {
  const parsed = parseCommand(text(c['command']));
  const expected = text(c['parse']);
  expect(parsed.ok ? 'ok' : parsed.error).toBe(expected);
  if (!parsed.ok) return;
  expect(parsed.keywords).toEqual(c['keywords']);
  expect(parsed.command !== null).toBe(flag(c['handler_found']));
  expect(isOpenToAll(parsed.keywords)).toBe(flag(c['non_root_allowed']));
}

export const cli: VectorRunner = {
  file: 'cli',
  run(c): VectorOutcome {
    runCommand(c);
    return 'passed';
  },
};
