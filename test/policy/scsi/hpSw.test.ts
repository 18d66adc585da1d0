import type { Reading } from '../../../src/model/failure';
import type { ScsiAnswer } from '../../../src/model/scsi';
import { converseAtOnce } from '../../../src/policy/scsi/exchange';
import { askHpSw } from '../../../src/policy/scsi/hpSw';
import { answered, refused, scripted, unsent } from './answers';

const ATTENTION = refused(6, 0x29, 0x00);

test.each<[string, Array<Reading<ScsiAnswer>>, string]>([
  ['TEST UNIT READY works', [answered()], 'active'],
  ['an initializing command is required', [refused(2, 0x04, 0x02)], 'standby'],
  ['the LUN is not ready for another reason', [refused(2, 0x04, 0x01)], 'failed'],
  ['a hardware error', [refused(4, 0x44, 0x00)], 'failed'],
  ['no connection', [answered({ hostStatus: 1 })], 'failed'],
  ['the command could not be sent', [unsent('ENXIO')], 'failed'],
  ['a unit attention first', [ATTENTION, refused(2, 0x04, 0x02)], 'standby'],
  ['nothing but unit attentions', [ATTENTION, ATTENTION, ATTENTION, ATTENTION], 'failed'],
])('%s: %#', (_, answers, role) => {
  const disk = scripted(...answers);
  expect(converseAtOnce(askHpSw(), disk.answer)).toBe(role);
  expect(disk.commands).toEqual(answers.map(() => '000000000000'));
});
