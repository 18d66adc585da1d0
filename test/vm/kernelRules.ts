import { LUN_RULES } from '../kernelRules/luns';
import { UUID_RULES } from '../kernelRules/names';
import { openRealMachine, type RealMachine } from '../kernelRules/realMachine';
import { RULES } from '../kernelRules/rules';
import { killUdevd } from './disks';
import { machineForFile } from './machine';
import type { MachineKind } from './needs';
import { iscsi, scsiDebug } from './topologies';

/**
 * The rules of the simulated kernel (test/kernelRules/simulated.test.ts) on a real kernel, so that a difference between
 * them is seen. udevd is stopped, because its programs would open and read the tested devices.
 */
export const testKernelRules = (kind: MachineKind): void => {
  const machine = machineForFile({ kind });
  let kernel: RealMachine;

  beforeAll(async () => {
    await scsiDebug(machine(), { luns: 1, paths: 4 });
    await iscsi(machine(), { luns: 1, portals: 1 });
    await killUdevd(machine());
    kernel = await openRealMachine(machine());
    await kernel.reset();
  }, 300_000);

  afterEach(() => kernel.reset());

  describe.each(RULES)('%s', (_, rules) => {
    test.each(rules.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => rule.run(kernel));
  });

  describe('UUIDs', () => {
    test.each(UUID_RULES.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => rule.run(kernel));
  });

  describe('LUNs', () => {
    test.each(LUN_RULES.map((rule) => [rule.name, rule] as const))('%s', async (_name, rule) =>
      rule.run(await kernel.lun()),
    );
  });
};
