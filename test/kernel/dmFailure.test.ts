import { CONTROL_NODE, dmFailure, notAsked } from '../../src/kernel/dmFailure';
import type { Failure } from '../../src/model/failure';

const UUID = 'mpath-360000000000000001';

describe('dmFailure', () => {
  test.each<[string, string, Partial<Failure>]>([
    ['ENXIO', 'DM_DEV_STATUS', { code: 'KERNEL_ERROR', operation: 'DM_DEV_STATUS', device: UUID, errno: 'ENXIO' }],
    [
      'ENOMEM',
      'DM_TABLE_STATUS',
      { code: 'KERNEL_ERROR', operation: 'DM_TABLE_STATUS', device: UUID, errno: 'ENOMEM' },
    ],
    ['EINTR', 'DM_LIST_DEVICES', { code: 'KERNEL_ERROR', operation: 'DM_LIST_DEVICES', errno: 'EINTR' }],
    ['EINVAL', 'DM_TABLE_LOAD', { code: 'KERNEL_ERROR', operation: 'DM_TABLE_LOAD', errno: 'EINVAL' }],
    ['EBUSY', 'DM_DEV_REMOVE', { code: 'KERNEL_ERROR', operation: 'DM_DEV_REMOVE', errno: 'EBUSY' }],
    ['EIO', 'diskseq', { code: 'KERNEL_ERROR', operation: 'diskseq', errno: 'EIO' }],
    ['ESTALE', 'DM_DEV_STATUS', { code: 'KERNEL_ERROR', operation: 'DM_DEV_STATUS', errno: 'ESTALE' }],
    ['ESTALE', 'identity', { code: 'WRONG_DEVICE', operation: 'identity', device: UUID, errno: 'ESTALE' }],
    ['EBADMSG', 'DM_TABLE_STATUS', { code: 'MALFORMED', operation: 'DM_TABLE_STATUS', device: UUID }],
    ['EINVAL', 'uuid', { code: 'REFUSED', device: UUID, errno: null, detail: 'not a valid uuid' }],
    ['EINVAL', 'name', { code: 'REFUSED', device: UUID, errno: null, detail: 'not a valid name' }],
    ['EINVAL', 'params', { code: 'REFUSED', device: UUID, errno: null }],
    ['EINVAL', 'message', { code: 'REFUSED', device: UUID, errno: null }],
  ])('%s of %s', (errno, step, failure) => {
    expect(dmFailure(UUID, { errno, step })).toMatchObject(failure);
  });

  // The engine takes only a DM_ command's ENXIO for the absence of a map.
  test.each(['ENOENT', 'ENXIO', 'ENODEV'])('a control node that fails with %s says nothing about the map', (errno) => {
    const failure = dmFailure(UUID, { errno, step: 'open' });
    expect(failure).toEqual({ code: 'KERNEL_ERROR', operation: 'open', device: CONTROL_NODE, errno });
  });
});

test.each([
  [new TypeError('uuid must be a string'), 'uuid must be a string'],
  ['no thread', 'no thread'],
])('notAsked keeps the reason', (error, detail) => {
  expect(notAsked(UUID, error)).toEqual({ code: 'REFUSED', operation: 'addon', device: UUID, errno: null, detail });
});
