/** What `mpathd --simulate` plays without a file: a small SAN in which something happens all the time. */
import { readScenario } from './readScenario';
import type { Scenario } from './scenario';

const FILE = {
  description: 'Three LUNs by four paths. Each minute: failing, flapping and vanishing paths, ALUA failover, an overrun, lost LUN, slow kernel.',
  bufferKiB: 64,
  luns: [
    { name: 'data', wwid: '3600a098000aa00000000000000000001', sizeMiB: 10240, paths: 4 },
    { name: 'logs', wwid: '3600a098000aa00000000000000000002', sizeMiB: 2048, paths: 4 },
    { name: 'spare', wwid: '3600a098000aa00000000000000000003', sizeMiB: 1024, paths: 4 },
  ],
  steps: [
    { at: 5, do: 'fail-path', lun: 'data', path: 0 },
    { at: 12, do: 'restore-path', lun: 'data', path: 0 },
    { at: 15, do: 'remove-path', lun: 'logs', path: 1, io: true },
    { at: 20, do: 'add-path', lun: 'logs', path: 1 },
    { at: 22, do: 'flap-path', lun: 'data', path: 2, downMs: 800, repeat: 3, every: 1.5 },
    { at: 28, do: 'set-access', lun: 'logs', path: 0, access: 'standby' },
    { at: 34, do: 'set-access', lun: 'logs', path: 0, access: 'active/optimized' },
    { at: 35, do: 'overrun', events: 2000, awayMs: 400 },
    { at: 35.1, do: 'remove-path', lun: 'data', path: 3 },
    { at: 39, do: 'add-path', lun: 'data', path: 3 },
    { at: 40, do: 'remove-lun', lun: 'spare' },
    { at: 46, do: 'add-lun', lun: 'spare' },
    { at: 48, do: 'udev', action: 'stop' },
    { at: 49, do: 'remove-path', lun: 'data', path: 1 },
    { at: 51, do: 'udev', action: 'continue' },
    { at: 52, do: 'add-path', lun: 'data', path: 1 },
    { at: 53, do: 'fault', operations: ['read', 'list'], errno: 'ENOMEM', times: 3 },
    { at: 54, do: 'hang-path', lun: 'logs', path: 2 },
    { at: 58, do: 'restore-path', lun: 'logs', path: 2 },
    { at: 58.5, do: 'clear-faults' },
  ],
  repeatEvery: 60,
};

/** The built-in scenario; it is read as strictly as a file is. */
export function defaultScenario(): Scenario {
  return readScenario(JSON.stringify(FILE, null, 1), 'built-in');
}
