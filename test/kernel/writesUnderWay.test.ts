import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interruptedIn, openWriteRecord } from '../../src/kernel/writesUnderWay';

let directory = '';
const warnings: string[] = [];
const opened = () => openWriteRecord(join(directory, 'run', 'writes'), (message) => warnings.push(message));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'writes-'));
  warnings.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a killed daemon leaves the maps whose writes it did not see the end of', () => {
  const killed = opened();
  expect(killed.interrupted).toEqual([]);
  for (const uuid of ['mpath-a', 'mpath-b', 'mpath-"\n+c']) killed.begun(uuid);
  killed.ended('mpath-a');
  expect(opened().interrupted).toEqual(['mpath-b', 'mpath-"\n+c']);
  expect(statSync(join(directory, 'run')).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, 'run', 'writes')).mode & 0o777).toBe(0o600);
  expect(warnings).toEqual([]);
});

test('what was left stays recorded until the maps are adopted, or written to', () => {
  opened().begun('mpath-a');
  opened();
  const next = opened();
  expect(next.interrupted).toEqual(['mpath-a']);
  next.begun('mpath-b');
  next.adopted();
  expect(opened().interrupted).toEqual(['mpath-b']);
});

test('a map that is written to when the maps are adopted stays recorded', () => {
  opened().begun('mpath-a');
  const next = opened();
  next.begun('mpath-a');
  next.adopted();
  expect(opened().interrupted).toEqual(['mpath-a']);
});

test('the file does not grow for ever', () => {
  const record = opened();
  for (let i = 0; i < 10_000; i++) {
    record.begun('mpath-360000000000000000000000000000001');
    record.ended('mpath-360000000000000000000000000000001');
  }
  expect(statSync(join(directory, 'run', 'writes')).size).toBeLessThan(70_000);
  record.begun('mpath-a');
  expect(opened().interrupted).toEqual(['mpath-a']);
});

test('without the file it says so once, and the daemon goes on', () => {
  writeFileSync(join(directory, 'run'), 'no directory');
  const record = opened();
  record.begun('mpath-a');
  record.ended('mpath-a');
  record.close();
  expect(record.interrupted).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining('writes are not recorded (')]);
});

test('a link in the place of the file is not followed', () => {
  opened().close();
  const file = join(directory, 'run', 'writes');
  const other = join(directory, 'other');
  writeFileSync(other, 'precious');
  rmSync(file);
  symlinkSync(other, file);
  opened().begun('mpath-a');
  expect(readFileSync(other, 'latin1')).toBe('precious');
  expect(warnings).toHaveLength(1);
});

test.each([
  ['', []],
  ['+"a"\n+"b"\n-"a"\n', ['b']],
  ['-"a"\n', []],
  ['+"a"\n+"a"\n-"a"\n', []],
  ['nonsense\n+1\n+{}\n*"x"\n+"a', []],
])('%j means %j', (text, expected) => {
  expect(interruptedIn(text)).toEqual(expected);
});
