import { judgeSysfsState } from '../../src/policy/sysfsState';

test.each<['scsi' | 'nvme' | 'other', string | null, string]>([
  ['scsi', 'running', 'check'],
  ['scsi', 'offline', 'down'],
  ['scsi', 'transport-offline', 'down'],
  ['scsi', 'blocked', 'transitioning'],
  ['scsi', 'created-blocked', 'down'],
  ['scsi', 'quiesce', 'transitioning'],
  ['scsi', 'cancel', 'down'],
  ['scsi', 'deleted', 'down'],
  ['scsi', 'created', 'down'],
  ['scsi', '', 'down'],
  ['scsi', 'RUNNING', 'down'],
  ['scsi', null, 'removed'],
  ['nvme', 'live', 'check'],
  ['nvme', 'dead', 'down'],
  ['nvme', 'new', 'transitioning'],
  ['nvme', 'deleting', 'transitioning'],
  ['nvme', 'deleting (no IO)', 'transitioning'],
  ['nvme', 'resetting', 'down'],
  ['nvme', 'connecting', 'down'],
  ['nvme', 'running', 'down'],
  ['nvme', null, 'removed'],
  ['other', null, 'check'],
  ['other', 'offline', 'check'],
])('%s in state %j: %s', (bus, state, expected) => {
  expect(judgeSysfsState(bus, state)).toBe(expected);
});
