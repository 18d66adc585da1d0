import type { Plan } from '../../src/engine/plan/plan';
import { madeShapes, type OurAnswer, ourFacts, plannedShapes } from '../vm/configurations/ours';
import { asConfigured, asTheyTell } from '../vm/configurations/told';

const LUN = '36001405ade0000000100000000000000';
const CASE = {
  name: 'one',
  about: 'one alias',
  files: { 'multipath.conf': `multipaths {\n\tmultipath {\n\t\twwid ${LUN}\n\t\talias "a b"\n\t}\n}\n` },
  after: null,
};

const LOADED = '3 pg_init_retries 5 queue_if_no_path 1 alua 1 1 service-time 0 2 1 8:128 1 8:144 1';
const plan: Plan = {
  complete: true,
  maps: [
    {
      wwid: LUN,
      action: 'create',
      before: null,
      steps: [{ step: 'create', alias: 'a b', reason: '2 paths, and no map' }],
      trouble: null,
      after: { alias: 'a b', sizeSectors: 131072, readOnly: false, table: LOADED },
    },
    { wwid: 'gone', action: 'remove', before: null, after: null, steps: [], trouble: null },
  ],
};
const answer: OurAnswer = {
  name: 'one',
  rc: 0,
  log: 'ok\n',
  plan: JSON.stringify(plan),
  paths: `sdi|${LUN}|50\nsdj|${LUN}|10\nsdz||-1\n`,
  config: 'defaults {\n\tverbosity 2\n}\n',
  maps: [{ name: 'a\\x20b', uuid: `mpath-${LUN}`, devt: '253:0', node: 'dm-0', udev: 'V:1\n', maxSectorsKb: '512\n' }],
  table:
    'a\\x20b: 0 131072 multipath 4 queue_if_no_path retain_attached_hw_handler pg_init_retries 5 1 alua 1 1 service-time 0 2 2 8:128 1 1 8:144 1 1 \n',
  bindings: null,
  wwids: `/${LUN}/\n`,
  seconds: 4,
};
const plain: OurAnswer = { ...answer, paths: `sdi|${LUN}|50\nsdj|${LUN}|10\n` };

test('what is in force, what was planned and what the kernel has', () => {
  const facts = ourFacts(CASE, answer, plain);
  expect(Object.fromEntries(facts)).toMatchObject({
    'sdi wwid': LUN,
    'sdi priority': '50',
    'sdz priority': '-1',
    'sdi setting path_checker': 'directio (devices)',
    [`${LUN} setting alias`]: 'a b (multipaths)',
    [`${LUN} setting failback`]: 'immediate (devices)',
    [`${LUN} loaded groups`]: 'service-time: 8:128(1) 8:144(1)',
    [`${LUN} groups`]: 'service-time: 8:128(1 1) 8:144(1 1)',
    [`${LUN} alias`]: 'a\\x20b',
    'defaults verbosity': '2',
    [`in the wwids file: ${LUN}`]: 'yes',
  });
  expect(facts.has('sdz wwid')).toBe(false);
});

test('a disk that no topology of the VM makes is an error', () => {
  expect(() => ourFacts(CASE, answer, { ...plain, paths: 'sdq|3600508|1\n' })).toThrow('sdq');
});

test('a configuration that is refused as a whole is an error', () => {
  const files = { 'multipath.conf': 'blacklist {\n\tdevnode "("\n}\n' };
  expect(() => ourFacts({ ...CASE, files }, answer, plain)).toThrow('refused');
});

test('what was planned is what was made, however either is written', () => {
  expect(plannedShapes(answer)).toEqual({
    [`${LUN} alias`]: 'a b',
    [`${LUN} features`]: '5 pg_init_retries queue_if_no_path',
    [`${LUN} handler`]: 'alua',
    [`${LUN} groups`]: 'service-time: 8:128 8:144',
  });
  expect(madeShapes(answer)).toEqual(plannedShapes(answer));
  const other = { ...answer, table: answer.table.replace('8:144', '8:160') };
  expect(madeShapes(other)).not.toEqual(plannedShapes(other));
});

describe('what the two tell of', () => {
  const facts = (entries: Record<string, string>): Map<string, string> => new Map(Object.entries(entries));
  const whole = { 'sda setting prio_args': ' (default)', 'W setting flush_on_last_del': 'no (default)' };

  test('a default that they had no reason to tell of does not count, a line of a file does', () => {
    const ours = facts({
      'sda setting prio': 'const (default)',
      'sda setting path_checker': 'tur (defaults)',
      'W setting no_path_retry': '5 (devices)',
    });
    expect([...asTheyTell(ours, facts(whole)).keys()]).toEqual(['sda setting path_checker', 'W setting no_path_retry']);
  });

  test('of what they did not look up to its end nothing counts that they do not tell', () => {
    const ours = facts({ 'sda setting path_checker': 'tur (defaults)', 'W setting no_path_retry': '5 (devices)' });
    expect(asTheyTell(ours, facts({ 'sda setting prio': 'const (default)' })).size).toBe(0);
  });

  test('what was detected is configured by nobody', () => {
    const theirs = facts({
      ...whole,
      'sda setting prio': 'sysfs (detection)',
      'sda setting detect_prio': 'yes (default)',
    });
    const ours = facts({ 'sda setting prio': 'const (defaults)' });
    expect(asTheyTell(ours, theirs).size).toBe(0);
    expect(asConfigured(theirs, ours).has('sda setting prio')).toBe(false);
    expect(asConfigured(theirs, ours).has('sda setting detect_prio')).toBe(true);
  });

  test('names that were chosen, not said, and tables that one side did not load, are no settings', () => {
    const theirs = facts({
      'W setting alias': 'mpatha (user_friendly_names)',
      'V setting alias': 'a (multipaths)',
      'W loaded groups': 'x',
      'V loaded groups': 'y',
    });
    expect([...asConfigured(theirs, facts({ 'V loaded groups': 'y' })).keys()]).toEqual([
      'V setting alias',
      'V loaded groups',
    ]);
  });
});

describe('the order of the groups', () => {
  /** In the kernel the second group of the plan comes first. */
  const [FIRST, SECOND] = ['service-time 0 1 1 8:128 1', 'service-time 0 1 1 8:144 1'];
  const turned = (paths: string): OurAnswer => {
    const planned = structuredClone(plan);
    planned.maps[0]!.after!.table = `0 1 alua 2 1 ${FIRST} ${SECOND}`;
    const kernel = [SECOND, FIRST].map((group) => group.replace('1 1 8:', '1 2 8:').replace(/ 1$/, ' 1 1'));
    return {
      ...answer,
      plan: JSON.stringify(planned),
      paths,
      table: `a\\x20b: 0 131072 multipath 0 1 alua 2 1 ${kernel.join(' ')} \n`,
    };
  };

  test('is as planned while no path of the map has failed', () => {
    const one = turned(`sdi|${LUN}|50|active\nsdj|${LUN}|10|active\n`);
    expect(madeShapes(one)).not.toEqual(plannedShapes(one));
  });

  test("may be another one where a path of the map has failed since, and only in that map's", () => {
    const one = turned(`sdi|${LUN}|50|failed\nsdj|${LUN}|10|active\n`);
    expect(madeShapes(one)).toEqual(plannedShapes(one));
    const other = turned(`sdi|${LUN}|50|active\nsdz|another|10|failed\n`);
    expect(madeShapes(other)).not.toEqual(plannedShapes(other));
  });

  test('never excuses another path in the groups', () => {
    const one = turned(`sdi|${LUN}|50|failed\n`);
    expect(madeShapes({ ...one, table: one.table.replace('8:144', '8:160') })).not.toEqual(plannedShapes(one));
  });
});
