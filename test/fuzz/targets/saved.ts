/** Files that people hand around: saved journals, and scenarios of the simulator. */
import { createReplay } from '../../../src/daemon/journal/replay';
import { linesOf } from '../../../src/daemon/journal/lines';
import { readJournal } from '../../../src/daemon/journal/readFile';
import { MpathdError } from '../../../src/model/failure';
import { syntaxErrorAt } from '../../../src/simulator/jsonSyntax';
import { readScenario, ScenarioError } from '../../../src/simulator/readScenario';
import { HEADER, machine, textOf } from '../../daemon/journal/saved';
import { allowing, repeats, require, requireEqual, type FuzzTarget } from '../target';
import { fileOf } from './vectors';

/** As many inputs of a journal are replayed. A changed journal may hold numbers that keep timers busy for long. */
const MOST_STEPS = 200;

let saved: Promise<Buffer[]> | null = null;

async function journals(): Promise<Buffer[]> {
  const made = await machine(1, 1 << 20, 3);
  return [textOf(made.journal().recording())];
}

const JSON_TOKENS = ['{', '}', '[', ']', ':', ',', '"', '\\', 'null', 'true', '-1', '1e308', '0', '{"a":', '[[', '\n'];

export const journal: FuzzTarget = {
  name: 'journal',
  seeds: () => (saved ??= journals()),
  tokens: [...JSON_TOKENS, '"type":"start"', '"type":"wake"', '"at":', '"seq":', '"end"', '"__proto__":'],
  check: (input) => {
    allowing(MpathdError, () => {
      const { steps } = createReplay('F', readJournal('F', linesOf('F', [input])));
      for (let count = 0; count < MOST_STEPS && steps.next().done !== true; ) count += 1;
    });
    allowing(MpathdError, () => {
      const { inputs } = readJournal('F', linesOf('F', [input]));
      while (inputs.next().done !== true);
    });
  },
  worst: (bytes) => {
    const header = `${JSON.stringify(HEADER)}\n`;
    return [
      ...repeats(bytes, JSON_TOKENS),
      ...repeats(bytes, ['[', '{"a":', '"', '\\"', '\n', '{}\n', '1', 'a'], header),
    ];
  },
};

export const scenario: FuzzTarget = {
  name: 'scenario',
  seeds: () => [fileOf('docs/examples/names-swapped.json')],
  tokens: [
    ...JSON_TOKENS,
    '"do": "overrun"',
    '"lun": "blue"',
    '"paths": 2',
    '"hcil": "0:0:0:0"',
    '"repeat": 1000000000',
    '"at": ',
  ],
  check: (input) => {
    const text = input.toString('utf8');
    const at = syntaxErrorAt(text);
    let isJson = true;
    try {
      JSON.parse(text);
    } catch {
      isJson = false;
    }
    requireEqual(at === null, isJson, 'JSON is what JSON.parse takes');
    require(at === null || (at >= 0 && at <= text.length), 'the place is in the text');
    allowing(ScenarioError, () => readScenario(text, 'F'));
  },
  worst: (bytes) => [
    ...repeats(bytes, JSON_TOKENS),
    Buffer.from(`{"a": ${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}}`),
    Buffer.from(`"${'a'.repeat(bytes)}"`),
    Buffer.from(`"${'a'.repeat(bytes)}`),
    Buffer.from(`{"luns": [${'{"name": "a"},'.repeat(bytes / 14)}{}]}`),
    Buffer.from(`{${Array.from({ length: bytes / 14 }, (_, at) => `"k${at}": 1,`).join('')}"z": 1}`),
    Buffer.from(`{${'"k": 1,'.repeat(bytes / 7)}"k": 1}`),
  ],
};
