/** The prioritizer `iet`, for iSCSI Enterprise Target: by the portal's address. */
import type { PrioritizerRule } from './rule';

const PREFERRED_IP = /^preferredip=(\d{1,3}(?:\.\d{1,3}){3})$/;

/** The address in udev's by-path name, `ip-10.0.0.1:3260-iscsi-…`. */
export const IET: PrioritizerRule = {
  priorityOf: ({ args, facts }) => {
    const wanted = PREFERRED_IP.exec(args.trim())?.[1];
    if (wanted === undefined) return 0;
    return /(?:^|-)ip-(\d{1,3}(?:\.\d{1,3}){3}):/.exec(facts.udev?.['ID_PATH'] ?? '')?.[1] === wanted ? 20 : 10;
  },
};
