import { DEFAULTS, keywordsAbout, MAP_KEYWORDS, PATH_KEYWORDS } from '../../src/config/defaults';
import { configurationDocument, configuredOfMap, configuredOfPath } from '../../src/config/document';
import { emptyConfiguration } from '../../src/config/configuration';
import type { Configuration } from '../../src/config/configuration';
import { mergeConfiguration } from '../../src/config/effective';
import { FILE, block, configuration, device, rule } from './configurations';

function documentOf(sections: Partial<Configuration> = {}): ReturnType<typeof configurationDocument> {
  const config = mergeConfiguration(configuration(sections));
  return configurationDocument(config, config.rules);
}

test('nothing configured: no change, and each value has its origin', () => {
  const document = documentOf();
  expect(document.changed).toEqual([]);
  expect(document.files).toEqual([FILE]);
  expect(document.defaults.failback).toEqual({ value: 'manual', origin: { from: 'default' } });
  expect(document.devices).toHaveLength(137);
  expect(document.devices.every(({ source }) => source?.startsWith('multipath-tools 0.14.3') === true)).toBe(true);
  expect(document.blacklist).toContainEqual({
    criterion: 'devnode',
    pattern: '!^(sd[a-z]|dasd[a-z]|nvme[0-9])',
    origin: { from: 'built-in' },
  });
});

test('the document is JSON', () => {
  const document = documentOf({ overrides: block({ prio: 'hds' }) });
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
});

test('the changes by files, in the order of the sections, each with its line', () => {
  const { changed } = documentOf({
    defaults: block({ failback: 'immediate', no_path_retry: 'queue', verbosity: 2 }, 10),
    blacklist: {
      ...emptyConfiguration().blacklist,
      wwid: [rule('!3600', 20)],
      device: [{ vendor: rule('V', 21), product: null }],
    },
    exceptions: { ...emptyConfiguration().exceptions, property: [rule('ID_X', 25)] },
    devices: [
      block({ vendor: 'FOO', product: 'BAR', prio: 'emc' }, 30),
      block({ vendor: 'APPLE', product: 'Xserve RAID', no_path_retry: 9 }, 40),
    ],
    overrides: block({ failback: 'manual' }, 50),
    protocols: [block({ type: 'scsi:fcp', dev_loss_tmo: 60 }, 60)],
    multipaths: [block({ wwid: '3600a', alias: 'red' }, 70)],
  });
  const told = changed.map(({ section, about, keyword, value, line, builtIn }) => [
    section,
    about,
    keyword,
    value,
    line,
    builtIn,
  ]);
  expect(told).toEqual([
    ['defaults', null, 'failback', 'immediate', 10, 'manual'],
    ['defaults', null, 'no_path_retry', 'queue', 11, null],
    ['blacklist', null, 'device', 'V:.*', 21, null],
    ['blacklist', null, 'wwid', '!3600', 20, null],
    ['blacklist_exceptions', null, 'property', 'ID_X', 25, null],
    ['devices', 'FOO:BAR', 'prio', 'emc', 32, null],
    ['devices', 'APPLE:Xserve RAID', 'no_path_retry', 9, 42, null],
    ['overrides', null, 'failback', 'manual', 50, 'manual'],
    ['protocol', 'scsi:fcp', 'dev_loss_tmo', 60, 61, null],
    ['multipaths', '3600a', 'alias', 'red', 71, null],
  ]);
});

test('every keyword with a default has exactly one subject: daemon, path or map', () => {
  const keywords: string[] = [...keywordsAbout('daemon'), ...PATH_KEYWORDS, ...MAP_KEYWORDS];
  expect(new Set(keywords).size).toBe(keywords.length);
  expect(Object.keys(DEFAULTS).filter((keyword) => !keywords.includes(keyword))).toEqual([]);
});

test('all settings of a path and of a map, with their origins', () => {
  const config = mergeConfiguration(
    configuration({ multipaths: [block({ wwid: '3600a', alias: 'red', prio: 'hds' })] }),
  );
  const ibm = device('IBM', '2145');
  const path = configuredOfPath(config, ibm, '3600a');
  expect(path).toHaveLength(PATH_KEYWORDS.length);
  expect(path).toContainEqual({
    keyword: 'prio',
    value: 'hds',
    origin: { from: 'file', section: 'multipaths', file: FILE, line: 3 },
  });
  expect(path).toContainEqual({ keyword: 'dev_loss_tmo', value: null, origin: { from: 'default' } });
  const map = configuredOfMap(config, ibm, '3600a');
  expect(map).toHaveLength(MAP_KEYWORDS.length);
  expect(map).toContainEqual({
    keyword: 'no_path_retry',
    value: 'queue',
    origin: { from: 'hardware table', vendor: 'IBM', product: '^2145' },
  });
});
