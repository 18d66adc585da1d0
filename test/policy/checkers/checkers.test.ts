import { CHECKERS } from '../../../src/policy/checkers/checkers';
import { converseAtOnce } from '../../../src/policy/scsi/exchange';
import { answered, page, refused, unsent } from '../scsi/answers';

const BY_SCSI = Object.entries(CHECKERS).flatMap(([name, rule]) =>
  rule.by === 'scsi' ? [[name, rule.exchange] as const] : [],
);

// Rules for each of them, whatever it asks.
describe.each(BY_SCSI)('the checker %s', (name, exchange) => {
  test.each([
    ['works', answered()],
    ['works, and the disk sends a page', page(0x80, [0x41])],
    ['is refused with a unit attention', refused(6, 0x29, 0)],
    ['is refused', refused(5, 0x20, 0)],
    ['gets no connection', answered({ hostStatus: 1 })],
    ['cannot be sent', unsent('EIO')],
    ['finds no memory', unsent('ENOMEM')],
  ])('comes to an end in a few commands, with its name in the message, where each command %s', (_, always) => {
    let sent = 0;
    const { state, message } = converseAtOnce(exchange('sda'), () => {
      sent += 1;
      return always;
    });
    expect(sent).toBeLessThanOrEqual(10);
    expect(message).toContain(`${name} checker`);
    expect(['up', 'down', 'ghost', 'transitioning']).toContain(state);
  });
});
