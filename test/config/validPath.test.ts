import fc from 'fast-check';
import {
  isValidPath,
  judgeMaybe,
  modeWithoutWwids,
  waitSeconds,
  withRelease,
  type Answer,
  type MaybeQuestion,
  type UdevQuestion,
  type PathValidity,
} from '../../src/config/validPath';
import type { FindMultipaths } from '../../src/config/settings';

const MODES: FindMultipaths[] = ['off', 'on', 'strict', 'greedy', 'smart'];
const W = '3600';
const known = <T>(value: T): Answer<T> => ({ known: true, value });
const unknown = (reason: string): { known: false; reason: string } => ({ known: false, reason });

describe('isValidPath', () => {
  const disk: UdevQuestion = {
    mode: 'strict',
    holder: known(null),
    daemonRuns: true,
    devtype: 'disk',
    probe: { kind: 'ok', wwid: W },
    failedBefore: known(false),
    usedBy: known(null),
    listed: known(true),
    mapExists: known(false),
  };

  test.each<[string, Partial<UdevQuestion>, PathValidity['verdict'], string]>([
    ['listed', {}, 'valid', '3600 is in the wwids file'],
    [
      'held by a map, whatever else',
      { holder: known('36'), daemonRuns: false, devtype: null, failedBefore: known(true) },
      'valid',
      'a path of the map of 36',
    ],
    ['a map that cannot be read', { holder: unknown('EIO') }, 'error', 'EIO'],
    ['without a daemon', { daemonRuns: false }, 'not valid', 'no multipath daemon runs'],
    ['without a daemon where none is asked for', { daemonRuns: null }, 'valid', 'wwids file'],
    ['a partition', { devtype: 'partition' }, 'not valid', 'a partition, not a disk'],
    ['of no type', { devtype: null }, 'not valid', 'nothing says that it is a disk'],
    ['blacklisted', { probe: { kind: 'skipped', reason: 'blacklisted by X' } }, 'not valid', 'blacklisted by X'],
    ['unreadable', { probe: { kind: 'failed', reason: 'EIO' } }, 'error', 'EIO'],
    ['without a WWID', { probe: { kind: 'ok', wwid: null } }, 'not valid', 'no WWID'],
    ['refused before', { failedBefore: known(true) }, 'not valid', 'the kernel has refused a map of 3600'],
    ['a marker that cannot be read', { failedBefore: unknown('EACCES') }, 'error', 'EACCES'],
    ['in use, strict', { usedBy: known('mounted on /') }, 'valid', 'wwids file'],
    ['in use, greedy', { mode: 'greedy', usedBy: known('mounted on /') }, 'not valid', 'in use: mounted on /'],
    ['in use, smart', { mode: 'smart', usedBy: known('swap') }, 'not valid', 'in use: swap'],
    ['use unknown, smart', { mode: 'smart', usedBy: unknown('EIO') }, 'error', 'EIO'],
    ['use unknown, strict', { usedBy: unknown('EIO') }, 'valid', 'wwids file'],
    ['greedy', { mode: 'greedy', listed: unknown('EIO') }, 'valid', 'greedy'],
    ['a wwids file that cannot be read', { listed: unknown('EACCES') }, 'error', 'EACCES'],
    ['a map of it', { listed: known(false), mapExists: known(true) }, 'valid', 'there is a map of 3600'],
    ['device-mapper unreadable', { listed: known(false), mapExists: unknown('ENOMEM') }, 'error', 'ENOMEM'],
    ['unlisted, strict', { listed: known(false) }, 'not valid', 'strict'],
    ['unlisted, on', { mode: 'on', listed: known(false) }, 'not valid', 'on'],
    ['unlisted, off', { mode: 'off', listed: known(false) }, 'not valid', 'off'],
    ['unlisted, smart', { mode: 'smart', listed: known(false) }, 'maybe', 'may come'],
  ])('%s', (_, more, verdict, reason) => {
    const answer = isValidPath({ ...disk, ...more });
    expect(answer.verdict).toBe(verdict);
    expect(answer.reason).toContain(reason);
  });

  test('without a daemon only a disk that a map holds is valid', () => {
    fc.assert(
      fc.property(fc.constantFrom(...MODES), fc.boolean(), fc.boolean(), (mode, listed, mapExists) => {
        expect(
          isValidPath({ ...disk, mode, daemonRuns: false, listed: known(listed), mapExists: known(mapExists) }).verdict,
        ).toBe('not valid');
      }),
    );
  });
});

describe('modeWithoutWwids', () => {
  test.each<[FindMultipaths, FindMultipaths]>([
    ['off', 'greedy'],
    ['on', 'smart'],
    ['strict', 'smart'],
    ['greedy', 'greedy'],
    ['smart', 'smart'],
  ])('%s is %s', (mode, without) => {
    expect(modeWithoutWwids(mode)).toBe(without);
  });
});

const maybe = { verdict: 'maybe', wwid: W, reason: 'smart' } as const;

test.each<[string, MaybeQuestion, PathValidity]>([
  ['alone', { claimable: known(true), heldBy: null, otherPath: known(false) }, maybe],
  [
    'with another path',
    { claimable: known(true), heldBy: null, otherPath: known(true) },
    { verdict: 'valid', final: false, wwid: W, reason: 'there is another path to 3600' },
  ],
  [
    'others unknown',
    { claimable: known(true), heldBy: null, otherPath: unknown('EIO') },
    { verdict: 'error', reason: 'EIO' },
  ],
  [
    'opened by others',
    { claimable: known(false), heldBy: null, otherPath: known(true) },
    { verdict: 'not valid', wwid: W, reason: 'in use: it cannot be opened for one user alone' },
  ],
  [
    'held by a map by now',
    { claimable: known(false), heldBy: '36', otherPath: known(false) },
    { verdict: 'valid', final: true, wwid: '36', reason: 'it is a path of the map of 36' },
  ],
  [
    'not to be opened',
    { claimable: unknown('ENXIO'), heldBy: null, otherPath: known(true) },
    { verdict: 'not valid', wwid: W, reason: 'ENXIO' },
  ],
])('maybe, %s', (_, question, verdict) => {
  expect(judgeMaybe(maybe, question)).toEqual(verdict);
});

test.each<[string, PathValidity, PathValidity['verdict']]>([
  ['in the wwids file or held by a map', { verdict: 'valid', final: true, wwid: W, reason: '' }, 'valid'],
  ['valid otherwise', { verdict: 'valid', final: false, wwid: W, reason: '' }, 'not valid'],
  ['maybe valid', maybe, 'not valid'],
  ['not valid', { verdict: 'not valid', wwid: null, reason: '' }, 'not valid'],
  ['unknown', { verdict: 'error', reason: '' }, 'error'],
])('a disk that was released before and is %s', (_, verdict, after) => {
  expect(withRelease(verdict, false)).toEqual(verdict);
  expect(withRelease(verdict, true).verdict).toBe(after);
});

test.each([
  [-10, true, 10],
  [-10, false, 1],
  [20, true, 20],
  [20, false, 20],
  [0, true, 10],
  [0, false, 1],
])('find_multipaths_timeout %i, known hardware %s: %i s', (timeout, knownHardware, seconds) => {
  expect(waitSeconds(timeout, knownHardware)).toBe(seconds);
});
