import { explainText } from '../../src/cli/commands/explain';
import { createStyle } from '../../src/cli/style';
import type { Explained } from '../../src/daemon/daemon';

const plain = createStyle(false, {});

const explained: Explained = {
  subject: { kind: 'path', name: 'sda', wwid: '36a' },
  multipathed: false,
  verdict: 'sda is excluded: blacklisted by wwid "^36" (/etc/multipath.conf line 7)',
  remedy: 'take the rule out',
  map: null,
  sections: [
    {
      title: 'identity',
      facts: [
        { label: 'WWID', text: '36a', source: 'udev property ID_SERIAL' },
        { label: 'vendor, product', text: 'SIM, LUN', source: null },
      ],
    },
  ],
  events: [
    { at: Date.UTC(2026, 10, 23, 7, 27, 41, 5), level: 'notice', device: 'sda', message: 'path of 36a (by udev)' },
  ],
};

test('the verdict comes first, then the advice, then all facts', () => {
  expect(explainText(explained, plain)).toBe(
    [
      'sda is excluded: blacklisted by wwid "^36" (/etc/multipath.conf line 7)',
      'what to do: take the rule out',
      'identity',
      '  WWID             36a  [udev property ID_SERIAL]',
      '  vendor, product  SIM, LUN',
      'last events',
      '  2026-11-23T07:27:41.005Z  notice  sda: path of 36a (by udev)',
      '',
    ].join('\n'),
  );
});

test('without a remedy or events there is no line for them', () => {
  const text = explainText(
    { ...explained, multipathed: true, verdict: 'sda is a path of mpatha', remedy: null, events: [] },
    plain,
  );
  expect(text).not.toContain('what to do');
  expect(text).not.toContain('last events');
});

test('colours show if the device is multipathed', () => {
  const style = createStyle(true, {});
  expect(explainText(explained, style)).toContain('\u001b[31msda is excluded');
  expect(explainText({ ...explained, multipathed: true }, style)).toContain('\u001b[32msda is excluded');
});

test('text of a device cannot control the terminal', () => {
  const sections = [{ title: 'identity', facts: [{ label: 'vendor, product', text: '\u001b[2J', source: '\u0007' }] }];
  expect(explainText({ ...explained, sections }, plain)).not.toMatch(/[\u001b\u0007]/);
});
