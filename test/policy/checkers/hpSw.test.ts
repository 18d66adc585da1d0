import type { Reading } from '../../../src/model/failure';
import type { ScsiAnswer } from '../../../src/model/scsi';
import { checkByHpSw } from '../../../src/policy/checkers/hpSw';
import { converseAtOnce } from '../../../src/policy/scsi/exchange';
import { answered, page, refused, scripted, unsent } from '../scsi/answers';

const SERIAL = page(0x80, [0x41, 0x42]);
const INQUIRY = '12018000ff00';
const TUR = '000000000000';

test.each<[string, Array<Reading<ScsiAnswer>>, string[], string, RegExp]>([
  [
    'INQUIRY and TEST UNIT READY work',
    [SERIAL, answered()],
    [INQUIRY, TUR],
    'up',
    /^hp_sw checker reports path is up$/,
  ],
  ['the other controller has the LUN', [SERIAL, refused(2, 4, 2)], [INQUIRY, TUR], 'ghost', /is ghost$/],
  ['TEST UNIT READY fails', [SERIAL, refused(4, 0x44, 0)], [INQUIRY, TUR], 'down', /TEST UNIT READY failed/],
  ['INQUIRY is refused', [refused(5, 0x24, 0)], [INQUIRY], 'down', /sense 5\/24\/00/],
  ['no connection', [answered({ hostStatus: 1 })], [INQUIRY], 'down', /host status 0x1/],
  ['the disk cannot be opened', [unsent('ENXIO')], [INQUIRY], 'down', /ENXIO/],
  ['this host has no memory', [unsent('ENOMEM')], [INQUIRY], 'transitioning', /ENOMEM/],
])('%s', (_, answers, commands, state, message) => {
  const disk = scripted(...answers);
  expect(converseAtOnce(checkByHpSw('sda'), disk.answer)).toEqual({ state, message: expect.stringMatching(message) });
  expect(disk.commands).toEqual(commands);
});
