import type { Configuration } from '../../../src/config/configuration';
import type { SettingDocument } from '../../../src/config/document';
import { useConfiguration } from '../../../src/engine/settings/configuration';
import { createContext, type Context } from '../../../src/engine/context';
import { DEFAULT_OPTIONS } from '../../../src/engine/core/options';
import { settingsReport, type SettingsReport } from '../../../src/engine/views/settingsReport';
import { block, configuration, FILE } from '../../config/configurations';
import { makeMap, makePath, makeTables, type PathSpec } from '../../fixtures';

const WWID = '3600a';
const IBM = { vendor: 'IBM', model: '2145' };
/** A disk without port groups, for which nothing is detected. */
const PLAIN = { tpgs: 'none', deviceHandler: null } as const;
const ALUA = { tpgs: 'implicit', deviceHandler: 'alua', accessState: 'active/optimized' } as const;

function contextOf(facts: Array<PathSpec['facts']>, sections: Partial<Configuration> = {}): Context {
  const paths = facts.map((fact, at) =>
    makePath({
      name: `sd${'abc'.charAt(at)}`,
      devt: `8:${at}`,
      facts: fact,
      path: { wwid: WWID, map: `mpath-${WWID}` },
    }),
  );
  const tables = makeTables(paths, [makeMap({ name: 'red', wwid: WWID, devt: '253:7', groups: [] })]);
  const ctx: Context = { ...createContext(DEFAULT_OPTIONS), store: tables };
  useConfiguration(ctx, configuration(sections));
  return ctx;
}

function of(ctx: Context, what: string): SettingsReport {
  const report = settingsReport(ctx, what);
  if (report === null) throw new Error(`nothing of ${what}`);
  return report;
}

function setting(settings: readonly SettingDocument[], keyword: string): Omit<SettingDocument, 'keyword'> | undefined {
  const found = settings.find((one) => one.keyword === keyword);
  return found === undefined ? undefined : { value: found.value, origin: found.origin };
}

test('a path: its identity, its map, and the settings from files, the hardware table and defaults', () => {
  const report = of(contextOf([{ ...IBM, ...PLAIN }], { overrides: block({ fast_io_fail_tmo: 9 }, 4) }), 'sda');
  expect(report).toMatchObject({
    kind: 'path',
    name: 'sda',
    wwid: WWID,
    map: 'red',
    device: { vendor: 'IBM', product: '2145', revision: '0191' },
  });
  expect(setting(report.settings, 'fast_io_fail_tmo')).toEqual({
    value: 9,
    origin: { from: 'file', section: 'overrides', file: FILE, line: 4 },
  });
  expect(setting(report.settings, 'path_checker')).toEqual({ value: 'tur', origin: { from: 'default' } });
  expect(setting(report.settings, 'dev_loss_tmo')).toEqual({ value: null, origin: { from: 'default' } });
});

test('a path without known facts has no settings', () => {
  expect(of(contextOf([null]), '8:0')).toMatchObject({ kind: 'path', device: null, settings: [] });
});

test('what detection finds goes before the configuration, with the reason', () => {
  const sections = { overrides: block({ prio: 'random', prio_args: 'x', path_checker: 'directio' }) };
  const detected = of(contextOf([ALUA], sections), 'sda').settings;
  expect(setting(detected, 'prio')).toEqual({
    value: 'sysfs',
    origin: { from: 'detection', why: expect.stringContaining('target port groups') },
  });
  expect(setting(detected, 'prio_args')).toMatchObject({ value: '', origin: { from: 'detection' } });
  expect(setting(detected, 'path_checker')).toMatchObject({ value: 'tur', origin: { from: 'detection' } });
  const off = {
    overrides: block({ prio: 'random', path_checker: 'directio', detect_prio: false, detect_checker: false }),
  };
  const configured = of(contextOf([ALUA], off), 'sda').settings;
  expect(setting(configured, 'prio')).toMatchObject({ value: 'random', origin: { from: 'file', line: 1 } });
  expect(setting(configured, 'path_checker')).toMatchObject({ value: 'directio', origin: { from: 'file', line: 2 } });
});

test('a map: by its alias, WWID or kernel name, with detected grouping and handler', () => {
  const ctx = contextOf([ALUA, ALUA], { multipaths: [block({ wwid: WWID, alias: 'red', no_path_retry: 5 })] });
  const report = of(ctx, 'red');
  expect(of(ctx, WWID)).toEqual(report);
  expect(of(ctx, 'dm-7')).toEqual(report);
  expect(report).toMatchObject({ kind: 'map', name: 'red', wwid: WWID });
  expect(setting(report.settings, 'alias')).toMatchObject({ value: 'red', origin: { section: 'multipaths', line: 2 } });
  expect(setting(report.settings, 'no_path_retry')).toMatchObject({ value: 5, origin: { line: 3 } });
  expect(setting(report.settings, 'path_grouping_policy')).toEqual({
    value: 'group_by_prio',
    origin: { from: 'detection', why: 'all paths have ALUA priorities' },
  });
  expect(setting(report.settings, 'hardware_handler')).toEqual({
    value: '1 alua',
    origin: { from: 'detection', why: 'the kernel has attached it' },
  });
});

test('a map whose paths have different settings: the common ones, and the others by path', () => {
  const report = of(contextOf([{ ...PLAIN }, ALUA]), 'red');
  if (report.kind !== 'map') throw new Error('no map');
  expect(setting(report.common, 'uid_attribute')).toMatchObject({ value: 'ID_SERIAL' });
  expect(setting(report.common, 'prio')).toBeUndefined();
  expect(report.paths.map(({ name, settings }) => [name, setting(settings, 'prio')?.value])).toEqual([
    ['sda', 'const'],
    ['sdb', 'sysfs'],
  ]);
  expect(setting(report.settings, 'path_grouping_policy')).toMatchObject({
    value: 'failover',
    origin: { from: 'default' },
  });
});

test('a map without paths', () => {
  expect(of(contextOf([]), 'red')).toMatchObject({ kind: 'map', device: null, common: [], paths: [] });
});

test('a name of neither a path nor a map', () => {
  expect(settingsReport(contextOf([]), 'sdz')).toBeNull();
});
