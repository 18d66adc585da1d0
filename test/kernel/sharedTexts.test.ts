import { createSharedTexts, withSharedTexts } from '../../src/kernel/sharedTexts';
import type { BlockFacts } from '../../src/model/facts';
import { disk } from '../fixtures';

/** A reading with its own texts and objects. */
const read = (more: Partial<BlockFacts> = {}): BlockFacts => JSON.parse(JSON.stringify(disk(more))) as BlockFacts;

test('gives the facts word for word', () => {
  const sharedTexts = createSharedTexts();
  for (const facts of [
    read(),
    read({ name: 'sdb', vendor: null, transport: { ...disk().transport, hostWwpn: '0x5' } }),
    read({ udev: null, udevNames: '' }),
    read(),
  ]) {
    expect(withSharedTexts(sharedTexts, facts)).toEqual(facts);
  }
});

test('disks with the same transport share it, and others do not', () => {
  const sharedTexts = createSharedTexts();
  const [one, two, other] = [
    read(),
    read({ name: 'sdb' }),
    read({ transport: { ...disk().transport, targetWwpn: '0x5' } }),
  ].map((facts) => withSharedTexts(sharedTexts, facts));
  expect(two?.transport).toBe(one?.transport);
  expect(other?.transport).not.toBe(one?.transport);
});

test('an endless number of words takes a bounded memory', () => {
  const sharedTexts = createSharedTexts();
  for (let at = 0; at < 20_000; at++) {
    const facts = read({ model: `m${at}`, transport: { ...disk().transport, hostAdapter: `${at}` } });
    expect(withSharedTexts(sharedTexts, facts)).toEqual(facts);
  }
  expect(sharedTexts.texts.size).toBeLessThanOrEqual(4_096);
  expect(sharedTexts.transports.size).toBeLessThanOrEqual(4_096);
});
