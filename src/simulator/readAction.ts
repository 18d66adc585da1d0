/** One action of a scenario's step: `"do"` and the fields that go with it. */
import { OPERATIONS, type Operation } from './faults';
import type { Fields } from './fieldReader';
import { ACCESS_STATES, type Action, type PathRef, type ScenarioFault, type ScenarioLun } from './scenario';

const ACTIONS = [
  'fail-path',
  'restore-path',
  'hang-path',
  'add-path',
  'remove-path',
  'flap-path',
  'set-state',
  'set-access',
  'remap-path',
  'add-lun',
  'remove-lun',
  'open-map',
  'close-map',
  'remove-map',
  'resize-lun',
  'rename-map',
  'swap-map-names',
  'reload-map',
  'overrun',
  'udev',
  'fault',
  'clear-faults',
] as const satisfies ReadonlyArray<Action['do']>;

/** The states of SCSI devices (drivers/scsi/scsi_sysfs.c, sdev_states) that can be set or seen from outside. */
const STATES = ['running', 'offline', 'blocked', 'quiesce', 'transport-offline'] as const;

const MAP_NAME = /^[^/\0]{1,127}$/;
const ERRNO = /^E[A-Z0-9]{2,14}$/;

function lunOf(fields: Fields, luns: readonly ScenarioLun[], key = 'lun'): ScenarioLun | undefined {
  const name = fields.text(key, /^.{1,64}$/, 'the name of a LUN');
  const lun = luns.find((l) => l.name === name);
  if (lun === undefined && name !== '') fields.complain(key, `no LUN is called ${JSON.stringify(name)}`);
  return lun;
}

function pathOf(fields: Fields, luns: readonly ScenarioLun[]): PathRef {
  const lun = lunOf(fields, luns);
  const most = lun === undefined ? 63 : lun.paths.length - 1;
  return { lun: lun?.name ?? '', path: fields.integer('path', 0, most) };
}

function readFault(fields: Fields): ScenarioFault {
  const given = ['errno', 'lateMs', 'hang'].filter((key) => fields.has(key));
  if (given.length !== 1) fields.complain('', 'a fault needs exactly one of errno, lateMs and hang');
  if (given[0] === 'errno') return { errno: fields.text('errno', ERRNO, 'the name of an errno, as ENOMEM') };
  if (given[0] === 'lateMs') return { lateMs: fields.integer('lateMs', 1, 3_600_000) };
  if (fields.has('hang') && !fields.flag('hang', true)) fields.complain('hang', 'must be true if given');
  return { hang: true };
}

function readOperations(fields: Fields): Operation[] | 'all' {
  if (fields.raw('operations') === undefined) return 'all';
  return fields.list('operations', OPERATIONS.length).flatMap(({ path, value }) => {
    const known = OPERATIONS.find((o) => o === value);
    if (known === undefined)
      fields.complain(path.slice(fields.path.length + 1), `must be one of ${OPERATIONS.join(', ')}`);
    return known === undefined ? [] : [known];
  });
}

function readPathNumbers(fields: Fields, lun: ScenarioLun | undefined): number[] {
  return fields.list('paths', 64).flatMap(({ path, value }) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < (lun?.paths.length ?? 64))
      return [value];
    fields.complain(path.slice(fields.path.length + 1), 'is not the number of a path of this LUN');
    return [];
  });
}

/** Null if `do` names no action. Every other error is reported. */
export function readAction(fields: Fields, luns: readonly ScenarioLun[]): Action | null {
  if (!ACTIONS.some((a) => a === fields.raw('do'))) {
    fields.complain('do', `must be one of ${ACTIONS.join(', ')}`);
    return null;
  }
  const verb = fields.oneOf('do', ACTIONS);
  switch (verb) {
    case 'fail-path':
    case 'restore-path':
    case 'hang-path':
    case 'add-path':
      return { do: verb, ...pathOf(fields, luns) };
    case 'remove-path':
      return { do: verb, ...pathOf(fields, luns), io: fields.flag('io', false) };
    case 'flap-path':
      return { do: verb, ...pathOf(fields, luns), downMs: fields.integer('downMs', 1, 3_600_000, 1000) };
    case 'set-state':
      return { do: verb, ...pathOf(fields, luns), state: fields.oneOf('state', STATES) };
    case 'set-access':
      return { do: verb, ...pathOf(fields, luns), access: fields.oneOf('access', ACCESS_STATES) };
    case 'remap-path':
      return { do: verb, ...pathOf(fields, luns), to: lunOf(fields, luns, 'to')?.name ?? '' };
    case 'add-lun':
    case 'remove-lun':
    case 'open-map':
    case 'close-map':
    case 'remove-map':
      return { do: verb, lun: lunOf(fields, luns)?.name ?? '' };
    case 'resize-lun':
      return { do: verb, lun: lunOf(fields, luns)?.name ?? '', sizeMiB: fields.integer('sizeMiB', 1, 1 << 30) };
    case 'rename-map':
      return {
        do: verb,
        lun: lunOf(fields, luns)?.name ?? '',
        name: fields.text('name', MAP_NAME, 'the name of a map'),
      };
    case 'swap-map-names':
      return { do: verb, lun: lunOf(fields, luns)?.name ?? '', with: lunOf(fields, luns, 'with')?.name ?? '' };
    case 'reload-map': {
      const lun = lunOf(fields, luns);
      return { do: verb, lun: lun?.name ?? '', paths: readPathNumbers(fields, lun) };
    }
    case 'overrun':
      return {
        do: verb,
        events: fields.integer('events', 1, 1_000_000, 2000),
        awayMs: fields.integer('awayMs', 0, 3_600_000, 500),
      };
    case 'udev':
      return { do: verb, action: fields.oneOf('action', ['stop', 'continue', 'kill', 'start']) };
    case 'fault':
      return {
        do: verb,
        operations: readOperations(fields),
        lun: fields.has('lun') ? (lunOf(fields, luns)?.name ?? '') : null,
        fault: readFault(fields),
        times: fields.has('times') ? fields.integer('times', 1, 1_000_000) : null,
        probability: fields.number('probability', 0, 1, 1),
      };
    case 'clear-faults':
      return { do: verb };
  }
}
