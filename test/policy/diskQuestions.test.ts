import type { Reading } from '../../src/model/failure';
import type { ScsiAnswer, ScsiQuestion } from '../../src/model/scsi';
import { askDisk, type DiskQuestion } from '../../src/policy/diskQuestions';
import { answered, page, refused, scripted } from './scsi/answers';

const DISK = { name: 'sda', devt: '8:0', diskseq: 2, timeoutMs: 4_000 };

const ask = async (question: DiskQuestion, ...answers: Array<Reading<ScsiAnswer>>) => {
  const disk = scripted(...answers);
  const sent: ScsiQuestion[] = [];
  const reading = await askDisk({ ...DISK, question }, async (one) => (sent.push(one), disk.answer(one)));
  return { reading, sent };
};

test.each<[DiskQuestion, number, string]>([
  ['identity', 0x83, '12018300ff00'],
  ['vendor page', 0xc0, '1201c000ff00'],
])('%s: the page, asked of the very disk', async (question, code, command) => {
  const { reading, sent } = await ask(question, page(code, [0x22]));
  expect(reading).toEqual({ ok: true, value: `00${code.toString(16)}000122` });
  expect(sent).toEqual([{ ...DISK, command, direction: 'in', length: 255 }]);
});

test('what a prioritizer asks', async () => {
  const { reading, sent } = await ask('priority hp_sw', refused(2, 4, 2));
  expect(reading).toEqual({ ok: true, value: 'standby' });
  expect(sent).toEqual([{ ...DISK, command: '000000000000', direction: 'none' }]);
});

test.each(['priority const', 'priority nonsense', 'nonsense'])('nothing is sent for %s', async (question) => {
  const { reading, sent } = await ask(question as DiskQuestion, answered());
  expect(reading).toMatchObject({ ok: false, failure: { code: 'REFUSED', device: 'sda' } });
  expect(sent).toEqual([]);
});
