import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join, resolve } from 'path';
import { addonPath, loadAddon } from '../../src/kernel/native';
import { MpathdError } from '../../src/model/failure';

describe('the path of the addon', () => {
  test.each([
    ['/opt/mpathd/src/kernel/native.ts', '/opt/mpathd/src/kernel', '/opt/mpathd/build/Release/mpathd.node'],
    ['/usr/lib/mpathd/mpathd.js', '/usr/lib/mpathd', '/usr/lib/mpathd/mpathd.node'],
  ])('for %s', (modulePath, directory, expected) => {
    expect(resolve(addonPath(modulePath, directory))).toBe(expected);
  });
});

describe('an addon that cannot be used', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'mpathd-native-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  function failureOf(path: string): MpathdError {
    try {
      loadAddon(path);
    } catch (error) {
      if (error instanceof MpathdError) return error;
      throw error;
    }
    throw new Error('it was loaded');
  }

  it('is reported as missing, with what to do', () => {
    const path = join(directory, 'none.node');
    const error = failureOf(path);
    expect(error.failure).toMatchObject({ code: 'KERNEL_ERROR', operation: 'load', device: path, errno: 'ENOENT' });
    expect(error.message).toContain('npm run native');
  });

  it('is reported as broken, with the loader’s reason', () => {
    const path = join(directory, 'broken.node');
    writeFileSync(path, 'not an ELF file');
    const error = failureOf(path);
    expect(error.failure.code).toBe('REFUSED');
    expect(error.failure.detail).toMatch(/ELF|too short|invalid/i);
  });

  it('is reported as another version if functions are missing', () => {
    const path = join(directory, 'old.js');
    writeFileSync(path, 'module.exports = { openUevents() {}, dmList: 3 };');
    const detail = failureOf(path).failure.detail ?? '';
    expect(detail).toContain('dmList');
    expect(detail).toContain('parseUevent');
    expect(detail).not.toContain('openUevents');
  });

  it('is reported also if it is no object', () => {
    const path = join(directory, 'odd.js');
    writeFileSync(path, 'module.exports = null;');
    expect(failureOf(path).failure.code).toBe('REFUSED');
  });
});
