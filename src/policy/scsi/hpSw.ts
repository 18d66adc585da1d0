/** Which of its two controllers has a LUN of an HP array, by TEST UNIT READY. */
import type { Exchange } from './exchange';
import { senseOf } from './sense';
import { TEST_UNIT_READY } from './testUnitReady';

/** `standby`: the controller works, and the other one has the LUN. */
export type HpSwRole = 'active' | 'standby' | 'failed';

/** As the kernel's handler does (drivers/scsi/device_handler/scsi_dh_hp_sw.c, HP_SW_RETRIES). */
const RETRIES = 3;

const [NOT_READY, UNIT_ATTENTION] = [0x2, 0x6];

/** NOT READY with 04/02, "initializing command required", is the passive path (scsi_dh_hp_sw.c, tur_done). */
export function* askHpSw(): Exchange<HpSwRole> {
  for (let retries = RETRIES; ; retries--) {
    const answered = yield TEST_UNIT_READY;
    if (!answered.ok) return 'failed';
    const { status, hostStatus } = answered.value;
    if (status === 0 && hostStatus === 0) return 'active';
    const sense = senseOf(answered.value);
    if (sense?.key === UNIT_ATTENTION && retries > 0) continue;
    const isPassive = sense?.key === NOT_READY && sense.asc === 0x04 && sense.ascq === 0x02;
    return isPassive ? 'standby' : 'failed';
  }
}
