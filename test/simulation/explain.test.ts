/** The answers to "why?". The test really brings about each cause. */
import type { Configuration } from '../../src/config/configuration';
import type { SettingValues } from '../../src/config/settings';
import type { Explanation } from '../../src/engine/views/explain/explanation';
import { blockOf, configurationOf, filesOf } from '../configuration';
import { addPath, addSan, createRig, wwidOf, type Rig } from './rig';

const A = wwidOf(1);
const FILE = '/etc/multipath.conf';

interface San {
  luns?: number;
  paths?: number;
  defaults?: Partial<SettingValues>;
  more?: Partial<Configuration>;
}

async function start({ luns = 1, paths = 2, defaults = {}, more = {} }: San = {}): Promise<Rig> {
  const rig = createRig(filesOf(configurationOf(defaults, more)));
  addSan(rig, luns, paths);
  await rig.runtime.start();
  await rig.run(3_000);
  return rig;
}

function explained(rig: Rig, what: string): Explanation {
  const explanation = rig.runtime.explain(what);
  if (explanation === null) throw new Error(`nothing is known of ${what}`);
  return explanation;
}

const factOf = ({ sections }: Explanation, title: string, label: string): string | undefined => {
  const found = sections.find((section) => section.title === title)?.facts.find((fact) => fact.label === label);
  return found === undefined ? undefined : `${found.text}${found.source === null ? '' : ` [${found.source}]`}`;
};

const rule = (pattern: string, line: number) => ({ pattern, inverted: false, file: FILE, line });
const noRules = { devnode: [], wwid: [], property: [], protocol: [], device: [] };

describe('a path of a map', () => {
  test('the answer says so, with its WWID and the source, and the settings that are not the default', async () => {
    const rig = await start();
    const answer = explained(rig, 'sda');
    expect(answer).toMatchObject({
      subject: { kind: 'path', name: 'sda', wwid: A },
      multipathed: true,
      map: 'mpatha',
      verdict: 'sda is a path of mpatha',
      remedy: null,
    });
    expect(factOf(answer, 'identity', 'WWID')).toBe(`${A} [udev property ID_SERIAL]`);
    expect(factOf(answer, 'blacklist', 'property')).toContain('let in by an exception');
    expect(factOf(answer, 'name', 'by the configuration')).toBe('mpatha [user_friendly_names yes: the bindings file]');
    expect(factOf(answer, 'settings that are not the default', 'user_friendly_names')).toBe(
      'yes [/etc/multipath.conf line 2 (defaults)]',
    );
    expect(factOf(answer, 'is it multipathed?', 'may have a map')).toMatch(/^yes/);
  });

  test.each(['8:0', 'sda'])('may be named as %s', async (what) => {
    expect(explained(await start(), what).subject.name).toBe('sda');
  });
});

describe('a map', () => {
  test.each(['mpatha', A, 'dm-0'])('may be named as %s', async (what) => {
    const rig = await start();
    const answer = explained(rig, what);
    expect(answer).toMatchObject({
      subject: { kind: 'map', name: 'mpatha', wwid: A },
      multipathed: true,
      verdict: `mpatha is the map of ${A}, with 2 paths`,
    });
    expect(factOf(answer, 'map', 'table')).toContain('multipath');
    expect(factOf(answer, 'paths', 'sda')).toContain('active, checker up');
  });

  test('with an alias from the configuration: the answer has the line', async () => {
    const multipaths = [blockOf({ wwid: A, alias: 'data' }, 20)];
    const answer = explained(await start({ more: { multipaths } }), 'data');
    expect(factOf(answer, 'name', 'by the configuration')).toBe(
      'data [alias, /etc/multipath.conf line 21 (multipaths)]',
    );
  });

  test('with its WWID as its name if nothing gives another name', async () => {
    const answer = explained(await start({ defaults: { user_friendly_names: false } }), A);
    expect(factOf(answer, 'name', 'by the configuration')).toBe(
      `${A} [user_friendly_names no, and no alias: its WWID]`,
    );
  });
});

describe('not multipathed', () => {
  test.each<[string, San, RegExp, RegExp]>([
    ['the only path', { paths: 1 }, /gets no map: find_multipaths on: it is the only path/, /find_multipaths/],
    [
      'not in the wwids file',
      { defaults: { find_multipaths: 'strict' } },
      /find_multipaths strict: .* is not in the wwids file/,
      /add map/,
    ],
    [
      'by its WWID',
      { more: { blacklist: { ...noRules, wwid: [rule('^36', 7)] } } },
      /sda is excluded: blacklisted by wwid "\^36" \(\/etc\/multipath.conf line 7\)/,
      /blacklist_exceptions/,
    ],
    [
      'by its name',
      { more: { blacklist: { ...noRules, devnode: [rule('^sd', 9)] } } },
      /blacklisted by devnode "\^sd" \(\/etc\/multipath.conf line 9\)/,
      /blacklist_exceptions/,
    ],
  ])('%s', async (_what, san, verdict, remedy) => {
    const answer = explained(await start(san), 'sda');
    expect(answer.multipathed).toBe(false);
    expect(answer.verdict).toMatch(verdict);
    expect(answer.remedy).toMatch(remedy);
  });

  test('a LUN by its WWID', async () => {
    const answer = explained(await start({ paths: 1 }), A);
    expect(answer).toMatchObject({ subject: { kind: 'lun', name: A }, multipathed: false, map: null });
    expect(answer.verdict).toMatch(/only path/);
  });

  test('the blacklist shows the criteria up to the one that decided', async () => {
    const answer = explained(await start({ more: { blacklist: { ...noRules, wwid: [rule('^36', 7)] } } }), 'sda');
    const labels = answer.sections.find(({ title }) => title === 'blacklist')?.facts.map(({ label }) => label);
    expect(labels).toEqual(['property', 'devnode', 'device', 'protocol', 'wwid']);
    expect(factOf(answer, 'blacklist', 'wwid')).toBe('blacklisted [wwid "^36" (/etc/multipath.conf line 7)]');
    expect(factOf(answer, 'identity', 'WWID')).toContain(A);
  });

  test('its map was removed on purpose', async () => {
    const rig = await start();
    void rig.runtime.submit({ kind: 'del-map', map: 'mpatha' });
    await rig.run(3_000);
    const answer = explained(rig, 'sda');
    expect(answer.verdict).toBe(`the map of ${A} was removed by an administrator or another program`);
    expect(answer.remedy).toContain(`add map ${A}`);
  });

  test('an administrator took it out', async () => {
    const rig = await start({ paths: 3 });
    void rig.runtime.submit({ kind: 'del-path', path: 'sda' });
    await rig.run(3_000);
    expect(explained(rig, 'sda')).toMatchObject({
      multipathed: false,
      verdict: 'sda was taken out by an administrator (`del path`)',
    });
  });

  test("somebody else's reload left it out", async () => {
    const rig = await start();
    rig.simulator.admin.reloadMap('mpatha', {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 1 alua 1 1 service-time 0 1 1 8:0 1',
    });
    await rig.run(20_000);
    const answer = explained(rig, 'sdb');
    expect(answer.verdict).toMatch(/sdb is held out of its map: left out of mpatha by someone else/);
    expect(answer.remedy).toContain('add path sdb');
    const map = explained(rig, 'mpatha');
    expect(map.verdict).toContain('sdb not in it');
    expect(map.remedy).toBe('`mpathctl explain sdb` says why');
    expect(factOf(map, 'map', 'reloaded by someone else')).toBeDefined();
  });

  test('the paths of the LUN differ in size', async () => {
    const rig = createRig();
    addPath(rig, 1, 0);
    rig.simulator.admin.addDisk({ wwid: A, hcil: '1:0:0:1', sizeSectors: 32768 });
    await rig.runtime.start();
    await rig.run(3_000);
    expect(explained(rig, 'sda').verdict).toMatch(/differ in size/);
  });

  test('another device holds the path', async () => {
    const rig = createRig();
    addSan(rig, 1, 2);
    rig.simulator.admin.createMap('other', 'OTHER-x', {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 0 1 1 service-time 0 1 1 8:0 1',
    });
    await rig.runtime.start();
    await rig.run(3_000);
    const answer = explained(rig, 'sda');
    expect(answer.verdict).toMatch(/held by dm-\d+, which is no multipath map/);
  });

  test('the path cannot be read', async () => {
    const rig = await start();
    rig.simulator.faults.add({
      operations: ['block-read', 'snapshot-block'],
      devices: null,
      outcome: { kind: 'errno', errno: 'EIO' },
      times: null,
      probability: 1,
    });
    addPath(rig, 2, 0);
    await rig.run(2_000);
    expect(explained(rig, 'sdc')).toMatchObject({
      multipathed: false,
      verdict: expect.stringMatching(/sdc cannot be read: .*EIO/) as string,
    });
  });
});

test('nothing is known of a device that mpathd has never seen', async () => {
  const rig = await start();
  expect(rig.runtime.explain('sdzz')).toBeNull();
  expect(rig.runtime.explain('')).toBeNull();
});

test('the question changes nothing', async () => {
  const rig = await start({ luns: 2 });
  const before = JSON.stringify([rig.view(), rig.logs.length]);
  for (const what of ['sda', 'mpatha', A, 'mpathb', 'nobody']) rig.runtime.explain(what);
  await rig.run(100);
  expect(JSON.stringify([rig.view(), rig.logs.length])).toBe(before);
});
