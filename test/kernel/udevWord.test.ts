import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUdevWord, type UdevWord } from '../../src/kernel/udevWord';

let root: string;
let word: UdevWord;
beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'mpathd-udev-'));
  await fs.mkdir(join(root, 'records'));
  await fs.mkdir(join(root, 'devices', '8:0'), { recursive: true });
  word = createUdevWord({ records: join(root, 'records'), devices: join(root, 'devices') });
});
afterEach(() => fs.rm(root, { recursive: true }));

test.each([
  ['I:1\nE:DM_MULTIPATH_DEVICE_PATH=1\n', true],
  ['I:1\nE:DM_MULTIPATH_DEVICE_PATH=0\n', false],
  ['I:1\nE:ID_SERIAL=1\n', false],
  ['E:DM_MULTIPATH_DEVICE_PATH=1\n', false],
])('of the record %j: %s', async (text, member) => {
  await fs.writeFile(join(root, 'records', 'b8:0'), text);
  expect(await word.isMember('8:0')).toBe(member);
});

test('without a record the disk is no member', async () => {
  expect(await word.isMember('8:0')).toBe(false);
});

test('the rules are asked again by a change of the device', async () => {
  await fs.writeFile(join(root, 'devices', '8:0', 'uevent'), '');
  expect(await word.askAgain('8:0')).toEqual({ ok: true, value: null });
  expect(await fs.readFile(join(root, 'devices', '8:0', 'uevent'), 'utf8')).toBe('change');
});

test('no file is made for a device that is gone', async () => {
  expect(await word.askAgain('8:0')).toMatchObject({ ok: false, failure: { errno: 'ENOENT' } });
  expect(await fs.readdir(join(root, 'devices', '8:0'))).toEqual([]);
});

test('a text that is no number is refused', async () => {
  expect(await word.askAgain('../x')).toMatchObject({ ok: false, failure: { code: 'REFUSED' } });
});
