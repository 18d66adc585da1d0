import { converse, converseAtOnce, type Exchange } from '../../../src/policy/scsi/exchange';
import { answered, scripted, unsent } from './answers';

/** Asks until an answer is no failure, and returns how often it asked. */
function* untilAnswered(): Exchange<number> {
  for (let times = 1; ; times++) {
    const answer = yield { command: '000000000000', direction: 'none' };
    if (answer.ok) return times;
  }
}

/** Returns a result without a question. */
function* silent(): Exchange<number> {
  return 0;
}

test('each answer goes to the exchange before its next command, for a real and for a simulated disk', async () => {
  const real = scripted(unsent('EIO'), unsent('EIO'), answered());
  await expect(converse(untilAnswered(), async (order) => real.answer(order))).resolves.toBe(3);
  expect(converseAtOnce(untilAnswered(), scripted(unsent('EIO'), answered()).answer)).toBe(2);
  expect(real.commands).toHaveLength(3);
});

test('an exchange without commands sends none', async () => {
  const { answer, commands } = scripted();
  await expect(converse(silent(), async (order) => answer(order))).resolves.toBe(0);
  expect(converseAtOnce(silent(), answer)).toBe(0);
  expect(commands).toEqual([]);
});
