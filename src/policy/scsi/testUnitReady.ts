/** TEST UNIT READY (SPC-4 6.47). */
import type { ScsiOrder } from '../../model/scsi';

export const TEST_UNIT_READY: ScsiOrder = { command: '000000000000', direction: 'none' };
