import type { AdminCommand, AdminResult } from '../../../src/engine/protocol';
import { Hand, NOTHING } from '../hand';
import { startInput } from '../../configuration';

/** An engine that knows no device after a resync that showed none. */
function idle(): Hand {
  const hand = new Hand();
  hand.feed(startInput());
  hand.resync(NOTHING);
  return hand;
}

const RESYNC: AdminCommand = { kind: 'resync' };

function ask(hand: Hand, command: AdminCommand, request = 1): void {
  hand.feed({ type: 'command', request, command });
}

const replies = (hand: Hand): AdminResult[] =>
  hand.out.flatMap((effect) => (effect.type === 'reply' ? [effect.result] : []));

test('a command that waits for nothing is answered in its own step', () => {
  const hand = idle();
  ask(hand, { kind: 'force-daemon-queueing' });
  expect(replies(hand)).toEqual([{ outcome: 'ok' }]);
});

test('a command whose effect is there already is answered in its own step, too', () => {
  const hand = idle();
  ask(hand, { kind: 'disable-queueing', map: null });
  expect(replies(hand)).toEqual([{ outcome: 'ok' }]);
});

test.each<AdminCommand>([
  { kind: 'del-path', path: 'x' },
  { kind: 'add-map', map: 'x' },
  { kind: 'del-map', map: 'x' },
  { kind: 'disable-queueing', map: 'x' },
  { kind: 'restore-queueing', map: 'x' },
])('%j of a device that is not there is refused', (command) => {
  const hand = idle();
  ask(hand, command);
  expect(replies(hand)).toEqual([{ outcome: 'fail', reason: 'not-found', message: 'x: device not found' }]);
});

test('a command that waits is answered when its condition has come true', () => {
  const hand = idle();
  ask(hand, RESYNC);
  expect(replies(hand)).toEqual([]);
  hand.resync(NOTHING);
  expect(replies(hand)).toEqual([{ outcome: 'ok' }]);
});

test('a command that waits too long is answered as timed out, and the engine asks to be woken for this', () => {
  const hand = new Hand();
  hand.feed(startInput());
  ask(hand, RESYNC);
  const at = 1_000 + 60_000;
  expect(hand.engine.nextWake()).toBeLessThanOrEqual(at);
  const answers = (time: number): AdminResult[] =>
    hand.engine.step({ type: 'wake', at: time }).flatMap((effect) => (effect.type === 'reply' ? [effect.result] : []));
  expect(answers(at - 1)).toEqual([]);
  expect(answers(at)).toEqual([
    { outcome: 'fail', reason: 'timeout', message: 'not done in time; it goes on in the background' },
  ]);
});

test('more commands than can wait are refused', () => {
  const hand = new Hand();
  hand.feed(startInput());
  for (let request = 1; request <= 256; request++) ask(hand, RESYNC, request);
  expect(replies(hand)).toEqual([]);
  ask(hand, RESYNC, 257);
  expect(replies(hand)).toEqual([
    { outcome: 'fail', reason: 'other', message: 'too many commands are waiting; try again later' },
  ]);
});

test('a reconfigure with a configuration that cannot be used is answered with the failure', () => {
  const hand = idle();
  ask(hand, { kind: 'reconfigure' });
  expect(hand.take('read-configuration')).toEqual({ type: 'read-configuration', request: 1, all: false });
  expect(replies(hand)).toEqual([]);
  hand.feed({
    type: 'configuration-read',
    request: 1,
    all: false,
    configuration: {
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'read', device: 'multipath.conf', errno: 'EACCES' },
    },
    bindings: { ok: true, value: [] },
    wwids: { ok: true, value: [] },
  });
  expect(replies(hand)).toEqual([
    {
      outcome: 'fail',
      reason: 'other',
      message: 'read multipath.conf: EACCES; the running configuration stays',
    },
  ]);
});
