import {
  daemonSetting,
  mapSetting,
  matchingEntries,
  mergeConfiguration,
  pathSetting,
} from '../../src/config/effective';
import type { EffectiveConfiguration } from '../../src/config/effective';
import type { Configuration } from '../../src/config/configuration';
import { FILE, block, configuration, device } from './configurations';

const WWID = '3600a';
const FOO = device('FOO', 'BAR');

function merged(sections: Partial<Configuration> = {}): EffectiveConfiguration {
  return mergeConfiguration(configuration(sections));
}

describe('precedence', () => {
  const layers: Partial<Configuration> = {
    defaults: block({ no_path_retry: 1, prio: 'random', fast_io_fail_tmo: 1 }, 10),
    devices: [block({ vendor: 'FOO', product: 'BAR', no_path_retry: 2, prio: 'emc', fast_io_fail_tmo: 2 }, 20)],
    overrides: block({ no_path_retry: 3, prio: 'hds', fast_io_fail_tmo: 3 }, 30),
    protocols: [block({ type: 'scsi:fcp', fast_io_fail_tmo: 4 }, 40)],
    multipaths: [block({ wwid: WWID, no_path_retry: 5, prio: 'iet' }, 50)],
  };
  const without = (...names: Array<keyof Configuration>): EffectiveConfiguration =>
    merged(Object.fromEntries(Object.entries(layers).filter(([name]) => !names.some((other) => other === name))));

  test.each([
    ['multipaths', [], 5, 'multipaths', 51],
    ['overrides', ['multipaths'], 3, 'overrides', 30],
    ['devices', ['multipaths', 'overrides'], 2, 'devices', 22],
    ['defaults', ['multipaths', 'overrides', 'devices'], 1, 'defaults', 10],
  ] as const)('for a map: %s', (_name, missing, value, section, line) => {
    expect(mapSetting(without(...missing), FOO, WWID, 'no_path_retry')).toEqual({
      value,
      origin: { from: 'file', section, file: FILE, line },
    });
  });

  test('for a map: nothing set', () => {
    expect(mapSetting(merged(), FOO, WWID, 'no_path_retry')).toEqual({ value: null, origin: { from: 'default' } });
    expect(mapSetting(merged(), FOO, WWID, 'path_selector')).toEqual({
      value: 'service-time 0',
      origin: { from: 'default' },
    });
  });

  test('a multipath section counts only for the map with its WWID', () => {
    expect(mapSetting(merged(layers), FOO, 'another', 'no_path_retry').value).toBe(3);
  });

  test.each([
    ['multipaths', [], 'iet'],
    ['overrides', ['multipaths'], 'hds'],
    ['devices', ['multipaths', 'overrides'], 'emc'],
    ['defaults', ['multipaths', 'overrides', 'devices'], 'random'],
    ['the built-in default', ['multipaths', 'overrides', 'devices', 'defaults'], 'const'],
  ] as const)('for a path, prio: %s', (_name, missing, value) => {
    expect(pathSetting(without(...missing), FOO, 'prio', WWID).value).toBe(value);
  });

  test('for a path whose map is not known: no multipath section counts', () => {
    expect(pathSetting(merged(layers), FOO, 'prio').value).toBe('hds');
  });

  test.each([
    [{ prio_args: 'mine' }, 'emc', 'mine'],
    [{ prio: 'iet' }, 'iet', 'x'],
    [{ prio: 'iet', prio_args: '' }, 'iet', ''],
    [{ path_grouping_policy: 'multibus' }, 'emc', 'x'],
  ] as const)('for a path whose map has %j: prio and its arguments', (said, prio, args) => {
    const config = merged({
      defaults: block({ prio: 'emc', prio_args: 'x' }),
      multipaths: [block({ wwid: WWID, ...said })],
    });
    expect(pathSetting(config, FOO, 'prio', WWID).value).toBe(prio);
    expect(pathSetting(config, FOO, 'prio_args', WWID).value).toBe(args);
    expect(pathSetting(config, FOO, 'prio', 'other').value).toBe('emc');
  });

  test.each([
    ['protocol', [], 4],
    ['overrides', ['protocols'], 3],
    ['devices', ['protocols', 'overrides'], 2],
    ['defaults', ['protocols', 'overrides', 'devices'], 1],
    ['the built-in default', ['protocols', 'overrides', 'devices', 'defaults'], 5],
  ] as const)('for the limits of a transport: %s', (_name, missing, value) => {
    expect(pathSetting(without(...missing), FOO, 'fast_io_fail_tmo').value).toBe(value);
  });

  test('a protocol section counts only for its protocol', () => {
    expect(
      pathSetting(merged(layers), device('FOO', 'BAR', { protocol: 'scsi:iscsi' }), 'fast_io_fail_tmo').value,
    ).toBe(3);
  });
});

describe('device entries', () => {
  const entry = (vendor: string, product: string, more: object, line: number) =>
    block({ vendor, product, ...more }, line);

  test('all entries that match count, and the last one that sets a keyword decides', () => {
    const config = merged({
      devices: [
        entry('FOO', 'B.*', { prio: 'emc', failback: 'immediate' }, 1),
        entry('F', 'BAR', { prio: 'hds', rr_min_io_rq: 7 }, 9),
      ],
    });
    expect(matchingEntries(config, FOO)).toHaveLength(2);
    expect(pathSetting(config, FOO, 'prio').value).toBe('hds');
    expect(mapSetting(config, FOO, WWID, 'failback').value).toBe('immediate');
    expect(mapSetting(config, FOO, WWID, 'rr_min_io_rq').value).toBe(7);
  });

  test('prio and its arguments are looked up separately', () => {
    const config = merged({
      devices: [entry('FOO', 'BAR', { prio: 'emc', prio_args: 'x' }, 1), entry('FOO', '.*', { prio: 'hds' }, 9)],
    });
    expect(pathSetting(config, FOO, 'prio').value).toBe('hds');
    expect(pathSetting(config, FOO, 'prio_args').value).toBe('x');
  });

  test('vendor, product and the revision, if an entry has one, must all match', () => {
    const config = merged({ devices: [block({ vendor: 'FOO', product: 'BAR', revision: '^02', prio: 'emc' })] });
    expect(matchingEntries(config, FOO)).toHaveLength(0);
    expect(matchingEntries(config, device('FOO', 'BAR', { revision: '0200' }))).toHaveLength(1);
    expect(matchingEntries(config, device('FOO', 'baz', { revision: '0200' }))).toHaveLength(0);
    expect(matchingEntries(config, device('foo', 'BAR', { revision: '0200' }))).toHaveLength(0);
  });

  test('for a device without a revision the pattern of the revision is not asked', () => {
    const config = merged({ devices: [block({ vendor: 'NVME', product: 'BAR', revision: '^02', prio: 'ana' })] });
    expect(pathSetting(config, device('NVME', 'BAR', { revision: null }), 'prio').value).toBe('ana');
  });

  test('with the same strings become one entry, in the place of the later one', () => {
    const config = merged({
      devices: [
        entry('FOO', 'BAR', { prio: 'emc', failback: 'immediate' }, 1),
        entry('FOO', '.*', { prio: 'iet' }, 10),
        entry('FOO', 'BAR', { prio: 'hds' }, 20),
      ],
    });
    expect(config.devices.filter(({ source }) => source === null).map(({ product }) => product)).toEqual(['.*', 'BAR']);
    expect(pathSetting(config, FOO, 'prio').value).toBe('hds');
    expect(mapSetting(config, FOO, WWID, 'failback')).toEqual({
      value: 'immediate',
      origin: { from: 'file', section: 'devices', file: FILE, line: 4 },
    });
  });

  test('with the same strings as in the hardware table are merged with it, without a finding', () => {
    const config = merged({ devices: [block({ vendor: 'APPLE', product: 'Xserve RAID', no_path_retry: 99 })] });
    const apple = device('APPLE', 'Xserve RAID');
    expect(config.devices).toHaveLength(137);
    expect(config.findings).toEqual([]);
    expect(mapSetting(config, apple, WWID, 'path_grouping_policy')).toEqual({
      value: 'multibus',
      origin: { from: 'hardware table', vendor: 'APPLE', product: 'Xserve RAID' },
    });
    expect(mapSetting(config, apple, WWID, 'no_path_retry').origin).toMatchObject({ from: 'file', line: 3 });
  });

  test('with an invalid pattern match nothing, whatever their other patterns are', () => {
    const config = merged({ devices: [block({ vendor: '(', product: 'BAR', prio: 'emc' })] });
    expect(matchingEntries(config, device('(', 'BAR'))).toHaveLength(0);
  });
});

describe('keywords among the features', () => {
  test.each([
    ['1 queue_if_no_path', {}, '0', 'queue'],
    ['3 queue_if_no_path pg_init_retries 50', {}, '2 pg_init_retries 50', 'queue'],
    ['1 queue_if_no_path', { no_path_retry: 4 }, '0', 4],
    ['2 pg_init_retries 50', {}, '2 pg_init_retries 50', null],
    ['1 retain_attached_hw_handler', {}, '0', null],
  ] as const)('%s with %j', (features, more, left, retry) => {
    for (const sections of [
      { defaults: block({ features, ...more }) },
      { overrides: block({ features, ...more }) },
      { devices: [block({ vendor: 'FOO', product: 'BAR', features, ...more })] },
      { multipaths: [block({ wwid: WWID, features, ...more })] },
    ]) {
      const config = merged(sections);
      expect(mapSetting(config, FOO, WWID, 'features').value).toBe(left);
      expect(mapSetting(config, FOO, WWID, 'no_path_retry').value).toBe(retry);
      expect(config.findings).toHaveLength(features === left ? 0 : 1);
    }
  });

  test('retain_attached_hw_handler becomes the keyword of this name', () => {
    const config = merged({
      defaults: block({ retain_attached_hw_handler: false }),
      overrides: block({ features: '1 retain_attached_hw_handler' }, 7),
    });
    expect(mapSetting(config, FOO, WWID, 'retain_attached_hw_handler')).toMatchObject({
      value: true,
      origin: { line: 7 },
    });
  });
});

describe('multipath sections', () => {
  test('two sections with one WWID: the later one wins, keyword by keyword', () => {
    const config = merged({
      multipaths: [
        block({ wwid: WWID, alias: 'red', failback: 'manual' }),
        block({ wwid: WWID, failback: 'immediate' }, 9),
      ],
    });
    expect(mapSetting(config, FOO, WWID, 'alias').value).toBe('red');
    expect(mapSetting(config, FOO, WWID, 'failback').value).toBe('immediate');
  });
});

describe('polling intervals', () => {
  test.each([
    [{}, 5, 20],
    [{ polling_interval: 7 }, 7, 28],
    [{ max_polling_interval: 30 }, 7, 30],
    [{ max_polling_interval: 2 }, 1, 2],
    [{ polling_interval: 40, max_polling_interval: 30 }, 30, 30],
    [{ polling_interval: 5, max_polling_interval: 30 }, 5, 30],
    [{ polling_interval: 0 }, 5, 20],
    [{ polling_interval: 0, max_polling_interval: 0 }, 5, 20],
  ])('%j', (values, shortest, longest) => {
    const config = merged({ defaults: block(values) });
    expect(daemonSetting(config, 'polling_interval').value).toBe(shortest);
    expect(daemonSetting(config, 'max_polling_interval').value).toBe(longest);
  });

  test('an interval that follows from the other has the line of the other as its origin', () => {
    const config = merged({ defaults: block({ polling_interval: 7 }, 3) });
    expect(daemonSetting(config, 'max_polling_interval').origin).toMatchObject({ from: 'file', line: 3 });
  });
});

describe('delays of older configurations', () => {
  const san = (sections: Partial<Configuration>): unknown[] => {
    const config = merged(sections);
    const keywords = ['san_path_err_threshold', 'san_path_err_forget_rate', 'san_path_err_recovery_time'] as const;
    return keywords.map((keyword) => mapSetting(config, FOO, WWID, keyword).value);
  };

  test('are translated to san_path_err_*', () => {
    expect(san({ defaults: block({ delay_watch_checks: 12, delay_wait_checks: 3 }) })).toEqual([1, 12, 60]);
  });

  test('count from any section', () => {
    const multipaths = [block({ wwid: WWID, delay_wait_checks: 2 })];
    expect(san({ defaults: block({ delay_watch_checks: 12 }), multipaths })).toEqual([1, 12, 40]);
  });

  test('do not count if a san_path_err_* is set', () => {
    const overrides = block({ san_path_err_threshold: 5 });
    expect(san({ defaults: block({ delay_watch_checks: 12, delay_wait_checks: 3 }), overrides })).toEqual([
      5,
      'off',
      'off',
    ]);
  });
});

describe('methods for paths that come and go', () => {
  const SAN = { san_path_err_threshold: 3, san_path_err_forget_rate: 4, san_path_err_recovery_time: 5 } as const;
  const MARGINAL = {
    marginal_path_err_sample_time: 130,
    marginal_path_err_rate_threshold: 1,
    marginal_path_err_recheck_gap_time: 300,
    marginal_path_double_failed_time: 60,
  } as const;
  const found = (...settings: Parameters<typeof block>) => {
    const config = merged({ defaults: block(...settings) });
    return (keyword: keyof typeof SAN | keyof typeof MARGINAL) => mapSetting(config, FOO, WWID, keyword);
  };

  test('the newer method switches the older one off', () => {
    const setting = found({ ...MARGINAL, ...SAN });
    const { origin } = setting('marginal_path_err_sample_time');
    for (const keyword of [
      'san_path_err_threshold',
      'san_path_err_forget_rate',
      'san_path_err_recovery_time',
    ] as const) {
      expect(setting(keyword)).toEqual({ value: 'off', origin });
    }
  });

  test.each(Object.keys(MARGINAL) as Array<keyof typeof MARGINAL>)(
    'the older method stays on without %s',
    (missing) => {
      expect(found({ ...MARGINAL, ...SAN, [missing]: 'off' })('san_path_err_threshold').value).toBe(3);
    },
  );

  test('a sample takes at least two minutes', () => {
    expect(found({ marginal_path_err_sample_time: 60 })('marginal_path_err_sample_time').value).toBe(120);
    expect(found({ marginal_path_err_sample_time: 130 })('marginal_path_err_sample_time').value).toBe(130);
    expect(found({})('marginal_path_err_sample_time').value).toBe('off');
  });
});

test('a look-up is cached, and a look-up for one WWID does not answer for another', () => {
  const config = merged({ multipaths: [block({ wwid: WWID, failback: 3 })] });
  expect(mapSetting(config, FOO, WWID, 'failback').value).toBe(3);
  expect(mapSetting(config, FOO, 'other', 'failback').value).toBe('manual');
  const known = mapSetting(config, FOO, 'other', 'failback');
  expect(mapSetting(config, { ...FOO }, 'third', 'failback')).toBe(known);
  expect(config.resolved.size).toBe(2);
});

test('thousands of kinds of devices do not fill the memory', () => {
  const config = merged();
  for (let n = 0; n < 3000; n += 1) pathSetting(config, device('V', String(n)), 'prio');
  expect(config.resolved.size).toBeLessThanOrEqual(1024);
});

test('a configuration that was converted to JSON and back gives the same settings', () => {
  const source = configuration({
    devices: [block({ vendor: 'FOO', product: 'BAR', prio: 'emc' })],
    multipaths: [block({ wwid: WWID, alias: 'red' })],
  });
  const again = mergeConfiguration(JSON.parse(JSON.stringify(source)));
  expect(JSON.stringify(again)).toBe(JSON.stringify(mergeConfiguration(source)));
  expect(pathSetting(again, FOO, 'prio').value).toBe('emc');
});
