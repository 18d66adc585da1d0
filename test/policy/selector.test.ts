import { readSelector, selectorName } from '../../src/policy/selector';

test.each<[string, string | null]>([
  ['service-time 0', 'service-time 0'],
  ['  round-robin\t0 ', 'round-robin 0'],
  ['historical-service-time 2 horizon 16', 'historical-service-time 2 horizon 16'],
  ['service-time', null],
  ['service-time 1', null],
  ['service-time 0 1', null],
  ['service-time -1 a', null],
  ['service-time x', null],
  ['', null],
])('"%s"', (text, selector) => {
  expect(readSelector(text)).toBe(selector);
});

test('its name', () => {
  expect(selectorName('round-robin 0')).toBe('round-robin');
});
