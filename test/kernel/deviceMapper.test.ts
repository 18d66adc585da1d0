import { createDeviceMapper, type DeviceMapperAddon } from '../../src/kernel/deviceMapper';
import type { DeviceMapperPort } from '../../src/kernel/ports';
import { MpathdError, type Failure, type Reading } from '../../src/model/failure';
import { nativeMap } from '../fixtures';

const UUID = 'mpath-360000000000000001';
const PARAMS = '0 0 1 1 service-time 0 1 1 8:0 1';

const map = nativeMap({
  uuid: UUID,
  targets: [{ start: 0, length: 2048, type: 'multipath', table: PARAMS, status: '2 0 0 0 1 1 A 0 1 0 8:0 A 0' }],
});
const facts = {
  ...map,
  targets: [
    { startSector: 0, lengthSectors: 2048, type: 'multipath', table: PARAMS, status: '2 0 0 0 1 1 A 0 1 0 8:0 A 0' },
  ],
};

const order = { uuid: UUID, sizeSectors: 2048, readOnly: false, params: PARAMS };
const request = { ...order, udev: { skipKpartx: false, noPath: false } };

function fakeAddon(change: Partial<DeviceMapperAddon> = {}) {
  const addon = {
    dmList: jest.fn<ReturnType<DeviceMapperAddon['dmList']>, [number | null]>(async (since) => ({
      errno: null,
      number: 8,
      since,
      gone: ['253:4'],
      devices: [{ name: 'mpatha', uuid: UUID, devt: '253:0', eventNr: 3 }],
    })),
    dmRead: jest.fn<ReturnType<DeviceMapperAddon['dmRead']>, Parameters<DeviceMapperAddon['dmRead']>>(async () => ({
      errno: null,
      map,
    })),
    dmCreate: jest.fn<ReturnType<DeviceMapperAddon['dmCreate']>, Parameters<DeviceMapperAddon['dmCreate']>>(
      async () => ({ errno: null, map, cookie: 11 }),
    ),
    dmReload: jest.fn<ReturnType<DeviceMapperAddon['dmReload']>, Parameters<DeviceMapperAddon['dmReload']>>(
      async () => ({ errno: null, map, cookie: 12 }),
    ),
    dmRename: jest.fn<ReturnType<DeviceMapperAddon['dmRename']>, Parameters<DeviceMapperAddon['dmRename']>>(
      async () => ({ errno: null, cookie: 13 }),
    ),
    dmRemove: jest.fn<ReturnType<DeviceMapperAddon['dmRemove']>, Parameters<DeviceMapperAddon['dmRemove']>>(
      async () => ({ errno: null, cookie: 14 }),
    ),
    dmMessage: jest.fn<ReturnType<DeviceMapperAddon['dmMessage']>, Parameters<DeviceMapperAddon['dmMessage']>>(
      async () => ({ errno: null }),
    ),
    dmFinishCookie: jest.fn((_cookie: number, _evenIfPending: boolean) => true),
    dmWatchEvents: jest.fn((_onEvent: () => void) => ({ stop: jest.fn() })),
  };
  return Object.assign(addon, change);
}

function portOver(change: Partial<DeviceMapperAddon> = {}) {
  const addon = fakeAddon(change);
  const warnings: Failure[] = [];
  const recorded: string[] = [];
  const port = createDeviceMapper(addon, {
    onWarning: (failure) => warnings.push(failure),
    record: {
      begun: (uuid) => void recorded.push(`+${uuid}`),
      ended: (uuid) => void recorded.push(`-${uuid}`),
    },
  });
  return { addon, port, warnings, recorded };
}

type Call = (port: DeviceMapperPort) => Promise<Reading<unknown>>;
const CALLS: Array<[keyof DeviceMapperAddon, string, Call]> = [
  ['dmList', '/dev/mapper/control', (port) => port.list(null)],
  ['dmRead', UUID, (port) => port.read(UUID)],
  ['dmRead', '253:0', (port) => port.readByDevt('253:0')],
  ['dmCreate', UUID, (port) => port.create({ ...request, name: 'mpatha' })],
  ['dmReload', UUID, (port) => port.reload(request)],
  ['dmRename', UUID, (port) => port.rename(UUID, 'mpathb')],
  ['dmRemove', UUID, (port) => port.remove(UUID)],
  ['dmMessage', UUID, (port) => port.message(UUID, 'fail_path 8:0')],
];

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('calls that succeed', () => {
  test('list', async () => {
    const { addon, port } = portOver();
    const devices = [{ name: 'mpatha', uuid: UUID, devt: '253:0', eventNr: 3 }];
    expect(await port.list(7)).toEqual({ ok: true, value: { number: 8, since: 7, devices, gone: ['253:4'] } });
    expect(addon.dmList.mock.calls).toEqual([[7]]);
  });

  test('read asks by UUID, readByDevt by number', async () => {
    const { addon, port } = portOver();
    expect(await port.read(UUID)).toEqual({ ok: true, value: facts });
    expect(await port.readByDevt('253:0')).toEqual({ ok: true, value: facts });
    expect(addon.dmRead.mock.calls).toEqual([[{ uuid: UUID }], [{ devt: '253:0' }]]);
  });

  test('create', async () => {
    const { addon, port } = portOver();
    expect(await port.create({ ...request, name: 'mpatha', udev: { skipKpartx: true, noPath: false } })).toEqual({
      ok: true,
      value: facts,
    });
    expect(addon.dmCreate).toHaveBeenCalledWith({
      ...order,
      name: 'mpatha',
      targetType: 'multipath',
      udevFlags: 0x220,
    });
  });

  test('reload', async () => {
    const { addon, port } = portOver();
    expect(await port.reload({ ...request, readOnly: true })).toEqual({ ok: true, value: facts });
    expect(addon.dmReload).toHaveBeenCalledWith({
      ...order,
      readOnly: true,
      resume: false,
      targetType: 'multipath',
      udevFlags: 0x120,
    });
  });

  test('rename, remove and message', async () => {
    const { addon, port } = portOver();
    expect(await port.rename(UUID, 'mpathb')).toEqual({ ok: true, value: null });
    expect(await port.rename(UUID, 'mpathc', true)).toEqual({ ok: true, value: null });
    expect(await port.remove(UUID)).toEqual({ ok: true, value: null });
    expect(await port.message(UUID, 'fail_path 8:0')).toEqual({ ok: true, value: null });
    expect(addon.dmRename.mock.calls).toEqual([
      [UUID, 'mpathb', 0x20],
      [UUID, 'mpathc', 0x220],
    ]);
    expect(addon.dmRemove).toHaveBeenCalledWith(UUID, 0x20);
    expect(addon.dmMessage).toHaveBeenCalledWith(UUID, 'fail_path 8:0');
  });
});

describe('calls that fail', () => {
  test.each(CALLS)('%s of %s: errno and step are kept', async (name, device, call) => {
    const { port } = portOver({ [name]: async () => ({ errno: 'ENOMEM', step: 'DM_SOMETHING' }) });
    expect(await call(port)).toEqual({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'DM_SOMETHING', device, errno: 'ENOMEM' },
    });
  });

  test.each(CALLS)('%s of %s: a rejected promise is a failure, not an exception', async (name, device, call) => {
    const { port } = portOver({ [name]: async () => Promise.reject(new TypeError('bad argument')) });
    expect(await call(port)).toEqual({
      ok: false,
      failure: { code: 'REFUSED', operation: 'addon', device, errno: null, detail: 'bad argument' },
    });
  });

  test.each(CALLS)('%s of %s: an exception at once is a failure, too', async (name, _device, call) => {
    const { port } = portOver({
      [name]: () => {
        throw new Error('no thread');
      },
    });
    expect(await call(port)).toMatchObject({ ok: false, failure: { code: 'REFUSED', detail: 'no thread' } });
  });

  test.each(['ENXIO', 'ENOMEM', 'EINTR'])('a read with the errno %s keeps it', async (errno) => {
    const { port } = portOver({ dmRead: async () => ({ errno, step: 'DM_DEV_STATUS' }) });
    expect(await port.read(UUID)).toMatchObject({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'DM_DEV_STATUS', errno },
    });
  });

  test('a device that was replaced during its reading', async () => {
    const { port } = portOver({ dmRead: async () => ({ errno: 'ESTALE', step: 'identity' }) });
    expect(await port.read(UUID)).toMatchObject({ ok: false, failure: { code: 'WRONG_DEVICE', device: UUID } });
  });

  test.each<[string, Call]>([
    ['read', (port) => port.read('mpath-another')],
    ['readByDevt', (port) => port.readByDevt('253:9')],
    ['create', (port) => port.create({ ...request, uuid: 'mpath-another', name: 'mpathb' })],
    ['reload', (port) => port.reload({ ...request, uuid: 'mpath-another' })],
  ])('%s: an answer about another device', async (_, call) => {
    expect(await call(portOver().port)).toMatchObject({ ok: false, failure: { code: 'WRONG_DEVICE' } });
  });

  test('a map with an impossible field', async () => {
    const { port } = portOver({ dmRead: async () => ({ errno: null, map: { ...map, diskseq: 2 ** 60 } }) });
    expect(await port.read(UUID)).toMatchObject({ ok: false, failure: { code: 'MALFORMED' } });
  });

  test('a text that is no device number causes no question', async () => {
    const { addon, port } = portOver();
    expect(await port.readByDevt('sda')).toMatchObject({ ok: false, failure: { code: 'MALFORMED', device: 'sda' } });
    expect(addon.dmRead).not.toHaveBeenCalled();
  });
});

describe('the record of writes under way', () => {
  test.each([3, 4, 5, 6])('has call %# from before the kernel is asked until its answer', async (index) => {
    const [name, , call] = CALLS[index] ?? [];
    const asked: string[][] = [];
    const { port, recorded } = portOver({
      [name ?? '']: async () => {
        asked.push([...recorded]);
        return { errno: 'EIO', step: 'DM_DEV_SUSPEND', cookie: 0 };
      },
    });
    expect(await call?.(port)).toMatchObject({ ok: false });
    expect(asked).toEqual([[`+${UUID}`]]);
    expect(recorded).toEqual([`+${UUID}`, `-${UUID}`]);
  });

  test('has no call that only reads', async () => {
    const { port, recorded } = portOver();
    await Promise.all([port.list(null), port.read(UUID), port.readByDevt('253:0')]);
    expect(recorded).toEqual([]);
  });
});

describe('udev cookies', () => {
  test.each([
    [3, 11],
    [4, 12],
    [5, 13],
    [6, 14],
  ])('the cookie of call %# is finished later, and nothing waits for it', async (index, cookie) => {
    const { addon, port } = portOver();
    const [, , call] = CALLS[index] ?? [];
    expect(await call?.(port)).toMatchObject({ ok: true });
    expect(addon.dmFinishCookie).not.toHaveBeenCalled();
    jest.advanceTimersByTime(50);
    expect(addon.dmFinishCookie.mock.calls).toEqual([[cookie, false]]);
  });

  test('a create that worked but could not be read back leaves its cookie to be finished', async () => {
    const { addon, port } = portOver({ dmCreate: async () => ({ errno: 'EIO', step: 'DM_TABLE_STATUS', cookie: 15 }) });
    expect(await port.create({ ...request, name: 'mpatha' })).toMatchObject({ ok: false, failure: { errno: 'EIO' } });
    jest.advanceTimersByTime(50);
    expect(addon.dmFinishCookie.mock.calls).toEqual([[15, false]]);
  });

  test('if udev never answers, there is a warning, and the semaphore is destroyed', async () => {
    const finish = jest.fn((_cookie: number, evenIfPending: boolean) => evenIfPending);
    const { port, warnings } = portOver({ dmFinishCookie: finish });
    await port.remove(UUID);
    jest.advanceTimersByTime(30_000);
    expect(finish).toHaveBeenLastCalledWith(14, true);
    expect(warnings).toMatchObject([{ code: 'TIMED_OUT', device: UUID }]);
  });

  test('stop() destroys pending cookies', async () => {
    const finish = jest.fn((_cookie: number, evenIfPending: boolean) => evenIfPending);
    const { port } = portOver({ dmFinishCookie: finish });
    await port.remove(UUID);
    port.stop();
    expect(finish.mock.calls).toEqual([[14, true]]);
  });
});

describe('events', () => {
  test('reach the caller, and end with stop()', () => {
    const { addon, port } = portOver();
    const onEvent = jest.fn();
    port.startEvents(onEvent);
    addon.dmWatchEvents.mock.calls[0]?.[0]();
    expect(onEvent).toHaveBeenCalledTimes(1);
    port.stop();
    expect(addon.dmWatchEvents.mock.results[0]?.value.stop).toHaveBeenCalledTimes(1);
  });

  test('can be started again after stop(), but not twice', () => {
    const { addon, port } = portOver();
    port.startEvents(() => undefined);
    expect(() => port.startEvents(() => undefined)).toThrow(/started already/);
    port.stop();
    port.startEvents(() => undefined);
    expect(addon.dmWatchEvents).toHaveBeenCalledTimes(2);
  });

  test('that the kernel does not give are an error that says what to do', () => {
    const thrown = Object.assign(new Error('device-mapper events: open: EACCES'), { code: 'EACCES', step: 'open' });
    const { port } = portOver({
      dmWatchEvents: () => {
        throw thrown;
      },
    });
    expect(() => port.startEvents(() => undefined)).toThrow(MpathdError);
    expect(() => port.startEvents(() => undefined)).toThrow(/run mpathd as root/);
  });
});
