import { createContext } from '../../../src/engine/context';
import { DEFAULT_OPTIONS } from '../../../src/engine/core/options';
import { useConfiguration } from '../../../src/engine/settings/configuration';
import { configurationOf } from '../../configuration';

test.each([
  ['as configured', { polling_interval: 3, max_polling_interval: 7 }, {}, { intervalMs: 3_000, maxIntervalMs: 7_000 }],
  [
    'by the command line',
    { polling_interval: 3, max_polling_interval: 7 },
    { pollingMs: 200, maxPollingMs: 800 },
    { intervalMs: 200, maxIntervalMs: 800 },
  ],
  ['as it is without both', {}, {}, { intervalMs: 5_000, maxIntervalMs: 20_000 }],
  [
    'where there is none',
    { polling_interval: 0, max_polling_interval: -1 },
    {},
    { intervalMs: 5_000, maxIntervalMs: 20_000 },
  ],
  [
    'that would have timers never end',
    { polling_interval: 1e-9, max_polling_interval: 1e-9 },
    {},
    { intervalMs: 1_000, maxIntervalMs: 1_000 },
  ],
  [
    'that never comes',
    { polling_interval: 1e300, max_polling_interval: 1e300 },
    {},
    { intervalMs: 86_400_000, maxIntervalMs: 86_400_000 },
  ],
])("the checkers' pace %s", (_, defaults, options, polling) => {
  const ctx = createContext({ ...DEFAULT_OPTIONS, ...options });
  useConfiguration(ctx, configurationOf(defaults));
  expect(ctx.polling).toEqual(polling);
});
