import { compileEre } from '../../src/config/ere';
import { HARDWARE_TABLE } from '../../src/config/hardwareTable';
import { mapSetting, matchingEntries, mergeConfiguration, pathSetting } from '../../src/config/effective';
import { emptyConfiguration } from '../../src/config/configuration';
import { device } from './configurations';

const config = mergeConfiguration(emptyConfiguration());

test('every entry has valid patterns, a correct count and a source', () => {
  expect(HARDWARE_TABLE).toHaveLength(137);
  for (const { vendor, product, values, source } of HARDWARE_TABLE) {
    for (const pattern of [vendor, product, values.product_blacklist ?? ''])
      expect(compileEre(pattern)).toMatchObject({ ok: true });
    const [count, ...words] = (values.features ?? '0').split(' ');
    expect(Number(count)).toBe(words.length);
    expect(source).toMatch(/^multipath-tools 0\.14\.3; .* 0\.9\.4/);
  }
});

test('no two entries have the same strings', () => {
  expect(new Set(HARDWARE_TABLE.map(({ vendor, product }) => `${vendor}\n${product}`)).size).toBe(137);
});

test.each([
  [
    device('NVME', 'NoName'),
    { path_checker: 'none', uid_attribute: 'ID_WWN', prio: 'const' },
    { path_grouping_policy: 'group_by_prio', failback: 'immediate', no_path_retry: null },
  ],
  [device('IBM', '2145'), { prio: 'alua', path_checker: 'tur' }, { no_path_retry: 'queue', failback: 'immediate' }],
  [
    device('PURE', 'FlashArray'),
    { prio: 'alua', detect_prio: false, fast_io_fail_tmo: 10 },
    { path_grouping_policy: 'group_by_prio' },
  ],
  [
    device('DGC', 'RAID 5'),
    { prio: 'emc', path_checker: 'emc_clariion', detect_checker: false },
    { no_path_retry: 60 },
  ],
  [device('IBM', '2810XIV'), {}, { failback: 15, no_path_retry: 'queue' }],
  [device('NFINIDAT', 'InfiniBox'), { dev_loss_tmo: 'infinity' }, { flush_on_last_del: 'always' }],
  [
    device('QEMU', 'QEMU HARDDISK'),
    { prio: 'const', path_checker: 'tur' },
    { path_grouping_policy: 'failover', no_path_retry: null },
  ],
] as const)('the settings of $vendor $product', (identity, path, map) => {
  for (const [keyword, value] of Object.entries(path))
    expect(pathSetting(config, identity, keyword as keyof typeof path).value).toBe(value);
  for (const [keyword, value] of Object.entries(map))
    expect(mapSetting(config, identity, 'w', keyword as keyof typeof map).value).toBe(value);
});

test('if two entries match, the later one wins', () => {
  const svos = device('NVME', 'NetApp ONTAP Controller');
  expect(matchingEntries(config, svos).map(({ product }) => product)).toEqual(['.*', '^NetApp ONTAP Controller']);
  expect(mapSetting(config, svos, 'w', 'no_path_retry')).toEqual({
    value: 'queue',
    origin: { from: 'hardware table', vendor: 'NVME', product: '^NetApp ONTAP Controller' },
  });
});
