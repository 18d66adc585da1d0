import { checkDeviceMapper, eventsError } from '../../src/kernel/checkDeviceMapper';
import { MpathdError, type Failure } from '../../src/model/failure';
import type { NativeResult } from '../../native/mpathd';

type Version = NativeResult<{ version: [number, number, number] }>;

function addon(dm: Version, target: Version = { errno: null, version: [1, 14, 0] }) {
  return { dmVersion: async () => dm, dmTargetVersion: async () => target };
}

const good: Version = { errno: null, version: [4, 47, 0] };

async function errorOf(promise: Promise<unknown>): Promise<MpathdError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof MpathdError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('checkDeviceMapper', () => {
  test('gives the versions', async () => {
    expect(await checkDeviceMapper(addon(good))).toEqual({ interfaceVersion: '4.47.0', multipathVersion: '1.14.0' });
  });

  test('asks for the multipath target', async () => {
    const dmTargetVersion = jest.fn(async () => good);
    await checkDeviceMapper({ dmVersion: async () => good, dmTargetVersion });
    expect(dmTargetVersion).toHaveBeenCalledWith('multipath');
  });

  test('an older kernel that cannot give target versions is accepted', async () => {
    const target: Version = { errno: 'ENOTTY', step: 'DM_GET_TARGET_VERSION' };
    expect(await checkDeviceMapper(addon({ errno: null, version: [4, 37, 0] }, target))).toEqual({
      interfaceVersion: '4.37.0',
      multipathVersion: null,
    });
  });

  test.each<[string, Version, Version | undefined, Partial<Failure>, RegExp]>([
    [
      'no control node',
      { errno: 'ENOENT', step: 'open' },
      undefined,
      { operation: 'open', errno: 'ENOENT', device: '/dev/mapper/control' },
      /modprobe -a dm_mod dm_multipath/,
    ],
    [
      'a node without driver',
      { errno: 'ENODEV', step: 'open' },
      undefined,
      { operation: 'open', errno: 'ENODEV' },
      /modprobe/,
    ],
    [
      'no right to open',
      { errno: 'EACCES', step: 'open' },
      undefined,
      { operation: 'open', errno: 'EACCES' },
      /as root/,
    ],
    [
      'no right to command',
      { errno: 'EPERM', step: 'DM_VERSION' },
      undefined,
      { operation: 'DM_VERSION', errno: 'EPERM' },
      /as root/,
    ],
    [
      'an old interface',
      { errno: null, version: [4, 36, 0] },
      undefined,
      { operation: 'DM_VERSION', detail: 'interface 4.36.0' },
      /Linux 4\.14/,
    ],
    [
      'another interface',
      { errno: null, version: [5, 40, 0] },
      undefined,
      { operation: 'DM_VERSION' },
      /interface 5\.40\.0/,
    ],
    ['no memory', { errno: 'ENOMEM', step: 'DM_VERSION' }, undefined, { errno: 'ENOMEM' }, /ENOMEM/],
    [
      'no multipath target',
      good,
      { errno: 'EINVAL', step: 'DM_GET_TARGET_VERSION' },
      { operation: 'DM_GET_TARGET_VERSION', errno: 'EINVAL' },
      /modprobe dm_multipath/,
    ],
    [
      'a target that cannot be asked',
      good,
      { errno: 'EACCES', step: 'DM_GET_TARGET_VERSION' },
      { errno: 'EACCES' },
      /as root/,
    ],
  ])('%s is an error that says what to do', async (_, dm, target, failure, message) => {
    const error = await errorOf(checkDeviceMapper(addon(dm, target)));
    expect(error.failure).toMatchObject(failure);
    expect(error.message).toMatch(message);
  });

  test('an addon without a thread is reported, too', async () => {
    const broken = { ...addon(good), dmVersion: async () => Promise.reject(new Error('no thread')) };
    expect((await errorOf(checkDeviceMapper(broken))).failure).toMatchObject({ code: 'REFUSED', detail: 'no thread' });
  });
});

describe('eventsError', () => {
  test('keeps the step and the errno that the addon threw, and says what to do', () => {
    const error = eventsError(
      Object.assign(new Error('device-mapper events: open: ENOENT'), { code: 'ENOENT', step: 'open' }),
    );
    expect(error.failure).toMatchObject({ code: 'KERNEL_ERROR', operation: 'open', errno: 'ENOENT' });
    expect(error.message).toMatch(/modprobe/);
  });

  test('an old kernel', () => {
    const error = eventsError(Object.assign(new Error('x'), { code: 'EOPNOTSUPP', step: 'DM_VERSION' }));
    expect(error.message).toMatch(/Linux 4\.14/);
  });

  test.each([new Error('odd'), 'odd', Object.assign(new Error('odd'), { code: 5, step: 'open' })])(
    'any other error keeps its message (%#)',
    (thrown) => {
      expect(eventsError(thrown).failure).toMatchObject({ code: 'REFUSED', detail: 'odd' });
    },
  );
});
