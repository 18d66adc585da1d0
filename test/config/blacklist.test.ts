import fc from 'fast-check';
import { blacklisted, blacklistSubjectOf, describeBlacklisted } from '../../src/config/blacklist';
import type { BlacklistSubject } from '../../src/config/blacklist';
import { emptyConfiguration } from '../../src/config/configuration';
import type { BlacklistRules, Configuration } from '../../src/config/configuration';
import { mergeConfiguration } from '../../src/config/effective';
import type { RuleBook } from '../../src/config/rules';
import { disk } from '../fixtures';
import { FILE, block, configuration, rule } from './configurations';

const SDA: BlacklistSubject = {
  devnode: 'sda',
  properties: ['DEVNAME', 'ID_SERIAL', 'ID_WWN'],
  uidAttribute: 'ID_SERIAL',
  device: { vendor: 'FOO', product: 'BAR' },
  protocol: 'scsi:fcp',
  wwid: '3600a',
};

function rulesOf(rules: Partial<BlacklistRules>): BlacklistRules {
  return { ...emptyConfiguration().blacklist, ...rules };
}

function book(
  blacklist: Partial<BlacklistRules> = {},
  exceptions: Partial<BlacklistRules> = {},
  more: Partial<Configuration> = {},
): RuleBook {
  return mergeConfiguration(configuration({ ...more, blacklist: rulesOf(blacklist), exceptions: rulesOf(exceptions) }))
    .rules;
}

function why(rules: RuleBook, subject: BlacklistSubject = SDA): string | null {
  const verdict = blacklisted(rules, subject);
  return verdict.verdict === 'allowed' ? null : describeBlacklisted(verdict);
}

test('nothing configured: a disk that udev identified is allowed', () => {
  expect(blacklisted(book(), SDA)).toMatchObject({ verdict: 'allowed', excepted: [{ criterion: 'property' }] });
});

test.each<[string, Partial<BlacklistSubject>, string]>([
  [
    'a name of another driver',
    { devnode: 'vda' },
    'blacklisted by devnode "!^(sd[a-z]|dasd[a-z]|nvme[0-9])" (built-in rule)',
  ],
  [
    'a device of device-mapper',
    { devnode: 'dm-3' },
    'blacklisted by devnode "!^(sd[a-z]|dasd[a-z]|nvme[0-9])" (built-in rule)',
  ],
  [
    'seen by udev but not identified',
    { properties: ['ID_SERIAL'] },
    'blacklisted: no udev property of those that an identified device has',
  ],
  [
    'a management LUN',
    { device: { vendor: 'DELL', product: 'Universal Xport' } },
    'blacklisted by device "DELL:Universal Xport" (hardware table)',
  ],
])('nothing configured: %s', (_name, more, reason) => {
  expect(why(book(), { ...SDA, ...more })).toBe(reason);
});

test.each<[string, Partial<BlacklistSubject>]>([
  ['no udev record', { properties: null }],
  ['a record without the property of the WWID', { properties: ['DEVNAME'] }],
  ['uid_attribute "": no property is asked for', { properties: ['ID_SERIAL'], uidAttribute: '' }],
  ['a WWID that is not known yet', { wwid: null }],
  ['NVMe', { devnode: 'nvme0n1' }],
  ['DASD', { devnode: 'dasda' }],
])('nothing configured: %s is no reason to blacklist', (_name, more) => {
  expect(why(book(), { ...SDA, ...more })).toBeNull();
});

test('NVMe is blacklisted if the kernel multipaths it itself', () => {
  const { rulesNativeNvme: rules } = mergeConfiguration(emptyConfiguration());
  expect(why(rules, { ...SDA, devnode: 'nvme0n1' })).toBe(
    'blacklisted by devnode "!^(sd[a-z]|dasd[a-z])" (built-in rule)',
  );
  expect(why(rules)).toBeNull();
});

test.each<[string, Partial<BlacklistRules>, Partial<BlacklistRules>, string | null]>([
  [
    'devnode',
    { devnode: [rule('^sd', 3)] },
    { devnode: [rule('^sda$')] },
    `blacklisted by devnode "^sd" (${FILE} line 3)`,
  ],
  ['wwid', { wwid: [rule('.*', 4)] }, { wwid: [rule('3600')] }, `blacklisted by wwid ".*" (${FILE} line 4)`],
  [
    'wwid, inverted',
    { wwid: [rule('!3601', 4)] },
    { wwid: [rule('!3601')] },
    `blacklisted by wwid "!3601" (${FILE} line 4)`,
  ],
  [
    'protocol',
    { protocol: [rule('scsi:', 5)] },
    { protocol: [rule('fcp')] },
    `blacklisted by protocol "scsi:" (${FILE} line 5)`,
  ],
  [
    'vendor alone',
    { device: [{ vendor: rule('FO', 6), product: null }] },
    { device: [{ vendor: null, product: rule('BAR') }] },
    `blacklisted by device "FO:.*" (${FILE} line 6)`,
  ],
  [
    'product alone',
    { device: [{ vendor: null, product: rule('BA', 6) }] },
    { device: [{ vendor: rule('FOO'), product: null }] },
    `blacklisted by device ".*:BA" (${FILE} line 6)`,
  ],
])('%s: the verdict names the rule, and an exception goes before it', (_name, blacklist, exceptions, reason) => {
  expect(why(book(blacklist))).toBe(reason);
  expect(why(book(blacklist, exceptions))).toBeNull();
});

test('an exception of one criterion has no effect on another criterion', () => {
  expect(
    why(book({ devnode: [rule('^sda$', 3)] }, { wwid: [rule('.*')], device: [{ vendor: rule('.*'), product: null }] })),
  ).toMatch(/^blacklisted by devnode/);
});

test('the criteria are tried in the order of multipath-tools', () => {
  const all: Partial<BlacklistRules> = {
    property: [rule('DEVNAME')],
    devnode: [rule('sda')],
    device: [{ vendor: rule('FOO'), product: null }],
    protocol: [rule('fcp')],
    wwid: [rule('3')],
  };
  const order: string[] = [];
  for (let left: Partial<BlacklistRules> = all; ; ) {
    const verdict = blacklisted(book(left), SDA);
    if (verdict.verdict === 'allowed') break;
    order.push(verdict.criterion);
    left = { ...left, [verdict.criterion]: [] };
  }
  expect(order).toEqual(['property', 'devnode', 'device', 'protocol', 'wwid']);
});

test('the first udev property that a rule matches decides', () => {
  const rules = book({ property: [rule('^ID_BUS$')] });
  expect(why(rules, { ...SDA, properties: ['ID_BUS', 'ID_WWN'] })).toMatch(/^blacklisted by property "\^ID_BUS\$"/);
  expect(why(rules, { ...SDA, properties: ['ID_WWN', 'ID_BUS'] })).toBeNull();
});

test('a device rule without vendor and product matches nothing', () => {
  expect(why(book({ device: [{ vendor: null, product: null }] }))).toBeNull();
});

test('an invalid pattern matches nothing, inverted or not', () => {
  expect(why(book({ wwid: [rule('('), rule('!(')] }))).toBeNull();
});

test('product_blacklist in a file names its line, and a rule that exists twice counts once', () => {
  const devices = [block({ vendor: 'FOO', product: 'x', product_blacklist: 'BAR' }, 10)];
  expect(why(book({}, {}, { devices }))).toBe(`blacklisted by device "FOO:BAR" (product_blacklist in ${FILE} line 12)`);
  const twice = book({ device: [{ vendor: rule('FOO', 2), product: rule('BAR', 3) }] }, {}, { devices });
  expect(twice.blacklist.device.filter(({ vendor }) => vendor?.text === 'FOO')).toHaveLength(1);
  expect(why(twice)).toBe(`blacklisted by device "FOO:BAR" (${FILE} line 2)`);
});

test('the properties of a disk that rules look at', () => {
  const facts = disk({
    name: 'nvme0n1',
    bus: 'nvme',
    model: 'Model  ',
    vendor: 'x',
    udev: { DEVNAME: '/dev/nvme0n1', ID_WWN: 'eui.1' },
  });
  expect(blacklistSubjectOf(facts, 'ID_WWN', 'eui.1')).toEqual({
    devnode: 'nvme0n1',
    properties: ['DEVNAME', 'ID_WWN'],
    uidAttribute: 'ID_WWN',
    device: { vendor: 'NVME', product: 'Model' },
    protocol: facts.transport.protocol,
    wwid: 'eui.1',
  });
  expect(blacklistSubjectOf({ ...facts, udev: null }, 'ID_WWN', null).properties).toBeNull();
});

const text = fc.string({ maxLength: 8 });

test('any names of a device get a verdict from the built-in rules; if all is blacklisted and all is excepted, the device is allowed', () => {
  const every = [rule('.*')];
  const all = {
    devnode: every,
    wwid: every,
    property: every,
    protocol: every,
    device: [{ vendor: rule('.*'), product: rule('.*') }],
  };
  const none = book();
  const both = book(all, all);
  fc.assert(
    fc.property(
      text,
      fc.array(text),
      text,
      text,
      text,
      text,
      (devnode, properties, vendor, product, protocol, wwid) => {
        const subject = { devnode, properties, uidAttribute: 'ID_SERIAL', device: { vendor, product }, protocol, wwid };
        expect(['allowed', 'blacklisted']).toContain(blacklisted(none, subject).verdict);
        expect(blacklisted(both, { ...subject, properties: [...properties, 'ID_WWN'] }).verdict).toBe('allowed');
      },
    ),
  );
});
