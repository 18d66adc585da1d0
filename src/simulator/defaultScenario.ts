/** The scenario that `mpathd --simulate` plays without a file: a small SAN with an action every few seconds. */
import { readScenario } from './readScenario';
import type { Scenario } from './scenario';

const FILE = {
  description:
    'Three LUNs by four paths. Every two minutes: failing, flapping, hanging and vanishing paths, ALUA failover, an overrun, a stopped udevd, failing reads, a LUN that goes and comes back.',
  bufferKiB: 64,
  luns: [
    { name: 'data', wwid: '3600a098000aa00000000000000000001', sizeMiB: 10240, paths: 4 },
    { name: 'logs', wwid: '3600a098000aa00000000000000000002', sizeMiB: 2048, paths: 4 },
    { name: 'spare', wwid: '3600a098000aa00000000000000000003', sizeMiB: 1024, paths: 4 },
  ],
  // Checks of a good path are up to 20 s apart. So a state that only a check can see lasts longer.
  steps: [
    { at: 5, do: 'fail-path', lun: 'data', path: 0 },
    { at: 12, do: 'restore-path', lun: 'data', path: 0 },
    { at: 15, do: 'remove-path', lun: 'logs', path: 1, io: true },
    { at: 20, do: 'add-path', lun: 'logs', path: 1 },
    { at: 22, do: 'set-access', lun: 'logs', path: 0, access: 'standby' },
    { at: 25, do: 'flap-path', lun: 'data', path: 2, downMs: 1500, repeat: 3, every: 7 },
    { at: 48, do: 'set-access', lun: 'logs', path: 0, access: 'active/optimized' },
    { at: 50, do: 'hang-path', lun: 'spare', path: 2 },
    { at: 52, do: 'overrun', events: 2000, awayMs: 400 },
    { at: 52.1, do: 'remove-path', lun: 'data', path: 3 },
    { at: 58, do: 'add-path', lun: 'data', path: 3 },
    { at: 62, do: 'udev', action: 'stop' },
    { at: 63, do: 'remove-path', lun: 'data', path: 1 },
    { at: 68, do: 'udev', action: 'continue' },
    { at: 70, do: 'add-path', lun: 'data', path: 1 },
    { at: 75, do: 'fault', operations: ['read', 'list'], errno: 'ENOMEM', times: 3 },
    { at: 75.5, do: 'fail-path', lun: 'logs', path: 3 },
    { at: 82, do: 'restore-path', lun: 'logs', path: 3 },
    { at: 84, do: 'clear-faults' },
    { at: 105, do: 'restore-path', lun: 'spare', path: 2 },
    { at: 108, do: 'remove-lun', lun: 'spare' },
    { at: 114, do: 'add-lun', lun: 'spare' },
  ],
  repeatEvery: 120,
};

/** The built-in scenario. It is read as strictly as a file. */
export function defaultScenario(): Scenario {
  return readScenario(JSON.stringify(FILE, null, 1), 'built-in');
}
