/**
 * Reads scenario files: JSON, read strictly. All errors of a file are reported together, each with its line and field.
 */
import { NAA_WWID } from './identityPages';
import { readFields, type Complaint, type Fields } from './fieldReader';
import { isDeeper, linesOfJson, positionOf } from './jsonLines';
import { syntaxErrorAt } from './jsonSyntax';
import { readAction } from './readAction';
import { ACCESS_STATES, ANSWERS, type Scenario, type ScenarioLun, type ScenarioPath, type Step } from './scenario';

/** A scenario file that cannot be played; `message` has one line per error: `file:line: field: what`. */
export class ScenarioError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ScenarioError';
  }
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const HCIL = /^\d{1,3}:\d{1,3}:\d{1,3}:\d{1,5}$/;
const MAX_LUNS = 1024;
const MAX_PATHS = 64;
/** The largest number of steps, with the repetitions of `every` and `repeat`. */
const MAX_STEPS = 100_000;
const DAY = 86_400;

function readPath(value: unknown, path: string, place: string, complaints: Complaint[]): ScenarioPath {
  const fields = readFields(value, path, complaints);
  const result: ScenarioPath = {
    hcil: fields.text('hcil', HCIL, 'H:C:T:L', place),
    access:
      fields.has('access') && fields.raw('access') === null
        ? null
        : fields.oneOf('access', ACCESS_STATES, 'active/optimized'),
    preferred: fields.flag('preferred', false),
    answer: fields.oneOf('answer', ANSWERS, 'up'),
    present: fields.flag('present', true),
  };
  fields.finish();
  return result;
}

/** `"paths": 4` is four paths on four hosts, the first half optimized. */
function countedPaths(count: number, lunNumber: number): ScenarioPath[] {
  return Array.from({ length: count }, (_, n) => ({
    hcil: `${n}:0:0:${lunNumber}`,
    access: n < Math.ceil(count / 2) ? 'active/optimized' : 'active/non-optimized',
    preferred: false,
    answer: 'up',
    present: true,
  }));
}

function readPaths(fields: Fields, lunNumber: number, complaints: Complaint[]): ScenarioPath[] {
  if (typeof fields.raw('paths') === 'number') {
    return countedPaths(fields.integer('paths', 1, MAX_PATHS), lunNumber);
  }
  const list = fields.list('paths', MAX_PATHS);
  if (list.length === 0) fields.complain('paths', 'must be a number or a list of paths');
  return list.map(({ path, value }, n) => readPath(value, path, `${n}:0:0:${lunNumber}`, complaints));
}

function readLun(value: unknown, path: string, lunNumber: number, complaints: Complaint[]): ScenarioLun {
  const fields = readFields(value, path, complaints);
  const lun: ScenarioLun = {
    name: fields.text('name', NAME, 'a name of letters, digits, dot, dash and underscore'),
    wwid: fields.text('wwid', NAA_WWID, '3 and 16 or 32 lower-case hex digits'),
    sizeMiB: fields.integer('sizeMiB', 1, 1 << 30, 8),
    vendor: fields.text('vendor', /^[ -~]{1,8}$/, '1 to 8 printable characters', 'SIM'),
    model: fields.text('model', /^[ -~]{1,16}$/, '1 to 16 printable characters', 'LUN'),
    paths: readPaths(fields, lunNumber, complaints),
    map: fields.has('map') ? fields.text('map', NAME, 'the name of a map') : null,
  };
  fields.finish();
  return lun;
}

/** Reads a step. `every` and `repeat` repeat it within its round. */
function readStep(value: unknown, path: string, luns: readonly ScenarioLun[], complaints: Complaint[]): Step[] {
  const fields = readFields(value, path, complaints);
  const start = fields.number('at', 0, DAY);
  const repeats = fields.integer('repeat', 1, MAX_STEPS, 1);
  const every = fields.has('repeat') ? fields.number('every', 0.001, DAY) : 0;
  const action = readAction(fields, luns);
  fields.finish();
  if (action === null) return [];
  return Array.from({ length: repeats }, (_, n) => ({ at: start + n * every, action }));
}

function checkUnique(luns: readonly ScenarioLun[], complaints: Complaint[]): void {
  const seen = new Map<string, string>();
  const once = (value: string, path: string): void => {
    const other = seen.get(value);
    if (other !== undefined) complaints.push({ path, message: `is the same as ${other}` });
    else seen.set(value, path);
  };
  luns.forEach((lun, n) => {
    once(`name ${lun.name}`, `luns[${n}].name`);
    once(`wwid ${lun.wwid}`, `luns[${n}].wwid`);
    if (lun.map !== null) once(`map ${lun.map}`, `luns[${n}].map`);
    lun.paths.forEach((path, m) => once(`hcil ${path.hcil}`, `luns[${n}].paths[${m}].hcil`));
  });
}

function readRoot(value: unknown, complaints: Complaint[]): Scenario {
  const fields = readFields(value, '', complaints);
  const luns = fields.list('luns', MAX_LUNS).map(({ path, value: v }, n) => readLun(v, path, n + 1, complaints));
  if (luns.length === 0) fields.complain('luns', 'must name at least one LUN');
  checkUnique(luns, complaints);
  const steps: Step[] = [];
  for (const { path, value: v } of fields.list('steps', MAX_STEPS)) {
    steps.push(...readStep(v, path, luns, complaints));
    if (steps.length > MAX_STEPS) {
      fields.complain('steps', `come to more than ${MAX_STEPS}`);
      break;
    }
  }
  steps.sort((a, b) => a.at - b.at);
  const last = steps[steps.length - 1]?.at ?? 0;
  const scenario: Scenario = {
    description: fields.text('description', /^[^\0]{0,2000}$/, 'a text', ''),
    seed: fields.integer('seed', 0, 0xffffffff, 1),
    bufferKiB: fields.integer('bufferKiB', 4, 1 << 20, 64),
    udev: fields.flag('udev', true),
    config: fields.has('config') ? fields.text('config', /^[^\0]{0,100000}$/, 'the text of multipath.conf') : null,
    luns,
    steps,
    repeatEvery: fields.has('repeatEvery') ? fields.number('repeatEvery', 1, DAY) : null,
  };
  if (scenario.repeatEvery !== null && scenario.repeatEvery <= last) {
    fields.complain('repeatEvery', `must be more than the time of the last step, ${last}`);
  }
  fields.finish();
  return scenario;
}

/** A scenario has four levels. The paths of values in a text of very many levels would fill the memory. */
const MOST_LEVELS = 50;

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { line, column } = positionOf(text, syntaxErrorAt(text) ?? text.length);
    throw new ScenarioError([`${file}:${line}:${column}: not JSON from here on`]);
  }
}

/** Reads a scenario; throws {@link ScenarioError}. `file` is for the messages only. */
export function readScenario(text: string, file: string): Scenario {
  const value = parse(text, file);
  if (isDeeper(text, MOST_LEVELS))
    throw new ScenarioError([`${file}: more than ${MOST_LEVELS} levels of lists and records`]);
  const lines = linesOfJson(text);
  const complaints: Complaint[] = lines.duplicates.map((path) => ({ path, message: 'is given twice' }));
  const scenario = readRoot(value, complaints);
  if (complaints.length > 0) {
    throw new ScenarioError(
      complaints.map((c) => `${file}:${lines.lineOf(c.path)}: ${c.path || 'scenario'}: ${c.message}`),
    );
  }
  return scenario;
}
