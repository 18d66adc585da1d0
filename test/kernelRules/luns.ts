/* A LUN that the array swaps under a live path (drivers/scsi/scsi_scan.c, scsi_rescan_device). */
import type { LunRule } from './machine';
import { told } from './ruleHelpers';

export const LUN_RULES: readonly LunRule[] = [
  {
    name: 'another LUN under a live path: reads work, no event comes, INQUIRY tells of the new one, and sysfs of the old one until somebody asks for a rescan',
    run: async (m) => {
      const before = await m.sight();
      expect(before.sizeSectors).toBe(131072);
      expect(await m.inquire()).toBe(before.vpd83);
      await m.swapLun();
      expect(await m.read()).toBe('ok');
      const live = await m.inquire();
      expect(live).not.toBe(before.vpd83);
      expect([await m.sight(), (await m.events(0)).map(told)]).toEqual([before, []]);

      await m.rescan();
      const { vpd83, ...rest } = await m.sight();
      expect(vpd83).toBe(live);
      expect(rest).toEqual({ devt: before.devt, diskseq: before.diskseq, sizeSectors: 196608 });
      // No event reports the other identity. The size has an event.
      expect((await m.events(1)).map(told)).toEqual([expect.stringMatching(/^change sd[a-z]+ RESIZE=1$/)]);
    },
  },
];
