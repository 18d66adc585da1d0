import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCases } from '../vm/configurations/cases';
import { compareFacts, withoutBuiltIn } from '../vm/configurations/compare';
import { WANTED } from '../vm/configurations/differences';
import type { Facts } from '../vm/configurations/facts';
import { offline, record, type Recording, replay } from '../vm/configurations/recording';
import { configuredFacts, pathsOf, wwidsIn } from '../vm/configurations/settings';
import { asConfigured, asTheyTell } from '../vm/configurations/told';

/*
 * Each configuration of the VM's comparison, as Debian's multipath 0.9.4 read it there and as mpathd reads it: the
 * settings of each path and LUN with their origins, and the printed configuration.
 */

const recording = JSON.parse(readFileSync(join(__dirname, 'multipath-0.9.4.json'), 'utf8')) as Recording;
const CASES = readCases();
const WWID_OF_PATH = /^\S+ wwid$/;
const known = wwidsIn(replay(recording, 'plain'));

const ourFacts = (one: (typeof CASES)[number], theirs: Facts): Facts =>
  configuredFacts(one, pathsOf(known, wwidsIn(theirs)));
const ourPlain = ourFacts(CASES.find(({ name }) => name === 'plain')!, replay(recording, 'plain'));

test('all cases are recorded, and nothing else', () => {
  expect(Object.keys(recording.cases).sort()).toEqual(CASES.map(({ name }) => name).sort());
});

test.each(CASES.map((one) => [one.name, one] as const))('%s', (name, one) => {
  const recorded = offline(replay(recording, name));
  const made = ourFacts(one, recorded);
  const theirs = new Map([...asConfigured(recorded, made)].filter(([fact]) => !WWID_OF_PATH.test(fact)));
  const ours = withoutBuiltIn(asTheyTell(made, recorded), ourPlain);
  // Two empty sides are equal, too.
  expect(theirs.size).toBeGreaterThan(50);
  expect(compareFacts(name, theirs, ours, WANTED).unwanted).toEqual([]);
});

test('what is recorded comes back, but for the built-in tables', () => {
  const plain = new Map([
    ['sda wwid', 'W'],
    ['defaults prio', 'const'],
    ['W alias', 'W'],
    ['devices/device A:B: prio', 'alua'],
  ]);
  const changed = new Map([
    ['defaults prio', 'alua'],
    ['W setting alias', 'a (multipaths)'],
    ['W features', ''],
    ['devices/device A:B: prio', 'rdac'],
  ]);
  const made = record(
    plain,
    new Map([
      ['plain', plain],
      ['changed', changed],
    ]),
  );
  expect(Object.fromEntries(replay(made, 'plain'))).toEqual({
    'sda wwid': 'W',
    'defaults prio': 'const',
    'W alias': 'W',
  });
  expect(Object.fromEntries(replay(made, 'changed'))).toEqual({
    'defaults prio': 'alua',
    'W setting alias': 'a (multipaths)',
    'W features': '',
    'devices/device A:B: prio': 'rdac',
  });
  expect([...offline(replay(made, 'changed')).keys()]).not.toContain('W features');
  expect(() => replay(made, 'other')).toThrow('other');
});
