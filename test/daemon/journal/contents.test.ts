/**
 * The contents of a journal, field by field. The test fails for a new field. Then think first what this field may
 * contain at a site of which nothing is known, and add it to the list.
 */
import { join } from 'node:path';
import ts from 'typescript';
import { memoryFile } from '../../../src/daemon/bindingsStore';
import { createJournal } from '../../../src/daemon/journal/journal';
import { createRuntime } from '../../../src/daemon/runtime';
import type { InputBody } from '../../../src/engine/protocol';
import { COMMANDS } from '../../../src/ipc/commands';
import { createSession } from '../../../src/ipc/session';
import { reply } from '../../ipc/startSession';
import type { UeventBatch } from '../../../src/model/uevent';
import { createSimulator } from '../../../src/simulator';
import { createVirtualScheduler } from '../../simulator/virtualTime';
import { fakeDaemon } from '../../ipc/fixtures';
import { bindingsOf, wwidOf } from '../../simulation/rig';
import { recordHistory } from '../../simulation/recorded';
import { textOf } from './saved';
import { filesOf } from '../../configuration';

const PROTOCOL = join(__dirname, '..', '..', '..', 'src', 'engine', 'protocol.ts');

const under = (at: string, fields: readonly string[]): string[] => fields.map((field) => `${at}.${field}`);

/** The operation, its device or file, and the errno. `detail` is mpathd's own text. */
const FAILURE = ['code', 'operation', 'device', 'errno', 'detail'];
const reading = (at: string, value: readonly string[] = ['value']): string[] => [
  `${at}.ok`,
  ...under(`${at}.failure`, FAILURE),
  ...value.map((field) => `${at}.${field}`),
];
const listOf = (fields: readonly string[]): string[] => under('value[]', fields);
const recordOf = (fields: readonly string[]): string[] => under('value', fields);

/** Names and numbers of device-mapper devices of all kinds. */
const DM_ENTRY = ['name', 'uuid', 'devt', 'eventNr'];
const DISK_ENTRY = ['name', 'devt', 'diskseq'];
/** `table` and `status` of multipath targets only (kernel/mapFacts.ts): other targets have keys in them. */
const MAP = [
  'uuid',
  'name',
  'devt',
  'diskseq',
  'eventNr',
  'openCount',
  'suspended',
  'readOnly',
  'hasLiveTable',
  'hasInactiveTable',
  ...under('targets[]', ['startSector', 'lengthSectors', 'type', 'table', 'status']),
];
/** The VPD pages of identity. `udev{}`: the values on the list of policy/usedProperties.ts. */
const DISK = [
  'name',
  'devt',
  'diskseq',
  'devpath',
  'sizeSectors',
  'readOnly',
  'hidden',
  'bus',
  'vendor',
  'model',
  'revision',
  'hcil',
  'state',
  'accessState',
  'preferredPath',
  'deviceHandler',
  'vpd83',
  'vpd80',
  'tpgs',
  'sysfsWwid',
  'timeoutSeconds',
  'maxSectorsKb',
  'holders[]',
  'udev',
  'udev{}',
  'udevNames',
  ...under('transport', ['protocol', 'hostWwnn', 'hostWwpn', 'targetWwnn', 'targetWwpn', 'hostAdapter']),
];
const BINDING = ['alias', 'wwid'];

/** `reservation_key` is a secret. The journal says only that there is a key. */
const KEYWORDS = [
  'verbosity',
  'polling_interval',
  'max_polling_interval',
  'reassign_maps',
  'path_selector',
  'path_grouping_policy',
  'detect_pgpolicy',
  'detect_pgpolicy_use_tpg',
  'uid_attrs',
  'uid_attribute',
  'prio',
  'prio_args',
  'features',
  'path_checker',
  'alias_prefix',
  'failback',
  'rr_min_io',
  'rr_min_io_rq',
  'max_fds',
  'rr_weight',
  'no_path_retry',
  'queue_without_daemon',
  'checker_timeout',
  'allow_usb_devices',
  'flush_on_last_del',
  'user_friendly_names',
  'mode',
  'uid',
  'gid',
  'fast_io_fail_tmo',
  'dev_loss_tmo',
  'eh_deadline',
  'max_retries',
  'log_checker_err',
  'reservation_key',
  'all_tg_pt',
  'retain_attached_hw_handler',
  'detect_prio',
  'detect_checker',
  'force_sync',
  'strict_timing',
  'deferred_remove',
  'partition_delimiter',
  'delay_watch_checks',
  'delay_wait_checks',
  'san_path_err_threshold',
  'san_path_err_forget_rate',
  'san_path_err_recovery_time',
  'marginal_path_err_sample_time',
  'marginal_path_err_rate_threshold',
  'marginal_path_err_recheck_gap_time',
  'marginal_path_double_failed_time',
  'marginal_pathgroups',
  'find_multipaths',
  'find_multipaths_timeout',
  'uxsock_timeout',
  'retrigger_tries',
  'retrigger_delay',
  'missing_uev_wait_timeout',
  'skip_kpartx',
  'purge_disconnected',
  'remove_retries',
  'max_sectors_kb',
  'ghost_delay',
  'auto_resize',
  'enable_foreign',
  'recheck_wwid',
  'vendor',
  'product',
  'revision',
  'product_blacklist',
  'hardware_handler',
  'vpd_vendor',
  'wwid',
  'alias',
  'type',
];
const sectionsOf = (at: string): string[] =>
  KEYWORDS.flatMap((keyword) => [`${at}.${keyword}`, ...under(`${at}.${keyword}`, ['value', 'file', 'line'])]);
const RULE = ['pattern', 'inverted', 'file', 'line'];
const rulesOf = (at: string): string[] => [
  ...['devnode', 'wwid', 'property', 'protocol'].flatMap((criterion) => under(`${at}.${criterion}[]`, RULE)),
  ...['vendor', 'product'].flatMap((criterion) => [
    `${at}.device[].${criterion}`,
    ...under(`${at}.device[].${criterion}`, RULE),
  ]),
];
const configurationAt = (at: string): string[] => [
  `${at}.files[]`,
  ...['defaults', 'overrides', 'devices[]', 'protocols[]', 'multipaths[]'].flatMap((section) =>
    sectionsOf(`${at}.${section}`),
  ),
  ...['blacklist', 'exceptions'].flatMap((section) => rulesOf(`${at}.${section}`)),
];
const STATE_FILES = [...reading('bindings', listOf(BINDING)), ...reading('wwids', ['value[]'])];

/** The fields besides `type` and `at`. */
const FIELDS: Record<InputBody['type'], string[]> = {
  start: ['udevPresent', 'nativeNvme', ...configurationAt('configuration'), ...STATE_FILES],
  // `env{}`: only the properties in policy/usedProperties.ts.
  uevents: [
    'source',
    'batch.refused',
    ...under('batch.events[]', [
      'source',
      'action',
      'devpath',
      'subsystem',
      'devtype',
      'name',
      'devt',
      'diskseq',
      'seqnum',
      'synthUuid',
      'env{}',
    ]),
    ...under('batch.losses[]', ['cause', 'count']),
    ...under('batch.drained[]', ['token', 'drops']),
    'batch.gap',
    ...under('batch.gap', ['count', 'from', 'to']),
  ],
  'dm-event': [],
  'dm-list': [
    'asked',
    ...reading('reading', ['value.number', 'value.since', 'value.gone[]', ...under('value.devices[]', DM_ENTRY)]),
  ],
  'device-list': ['asked', ...reading('maps', listOf(DM_ENTRY)), ...reading('disks', listOf(DISK_ENTRY))],
  'map-read': ['asked', 'by.uuid', 'by.devt', ...reading('reading', recordOf(MAP))],
  'block-read': ['asked', 'name', ...reading('reading', recordOf(DISK))],
  snapshot: [
    'asked',
    'purpose',
    ...reading('snapshot.dm', listOf(DM_ENTRY)),
    'snapshot.maps[].uuid',
    ...reading('snapshot.maps[].reading', recordOf(MAP)),
    ...reading('snapshot.blocks', ['value[].name', ...reading('value[].reading', recordOf(DISK))]),
  ],
  'fence-written': ['uuid', ...reading('reading')],
  // `message`: mpathd's own text about a sense or an errno, without bytes of the disk.
  'check-done': [
    'path',
    ...under('outcome', ['state', 'message', 'sysfsState', 'accessState', 'preferredPath', 'sizeSectors']),
    // The page of identity, if it is not the copy.
    ...under('outcome', ['identity', ...under('identity', ['kind', 'page', ...under('failure', FAILURE)])]),
  ],
  // The page of identity again, the name of a volume that the array's administrator chose, and the answers to
  // prioritizers.
  'disk-answered': ['question', 'asked', 'path', ...reading('reading')],
  'rescan-done': ['path', ...reading('reading')],
  'operation-done': ['id', 'uuid', ...reading('reading', ['value', ...recordOf(MAP)])],
  'alias-bound': ['id', 'wwid', ...reading('reading', ['value.alias', ...under('value.bindings[]', BINDING)])],
  'configuration-read': ['request', 'all', ...reading('configuration', configurationAt('value')), ...STATE_FILES],
  'wwid-recorded': ['wwid', ...reading('reading')],
  'transport-hint': under('hint', [
    'kind',
    'ifname',
    'carrier',
    'operstate',
    'address',
    'present',
    'hostNo',
    'event',
    'data',
  ]),
  // The name of a device, as root wrote it. Commands with a key (setprkey) never reach the journal.
  command: ['request', ...under('command', ['kind', 'path', 'map', 'all'])],
  wake: [],
  stop: [],
};

/** The fields of a type in the view of the compiler. */
function fieldsOf(checker: ts.TypeChecker, type: ts.Type, at: string, found: Set<string>): void {
  if (type.isUnion()) return type.types.forEach((one) => fieldsOf(checker, one, at, found));
  if (checker.isArrayType(type))
    return checker
      .getTypeArguments(type as ts.TypeReference)
      .forEach((one) => fieldsOf(checker, one, `${at}[]`, found));
  const any = type.getStringIndexType();
  if (any !== undefined) return fieldsOf(checker, any, `${at}{}`, found);
  // A number with its unit (model/units.ts) is a number.
  const isNumber = type.isIntersection() && type.types.some(({ flags }) => (flags & ts.TypeFlags.Number) !== 0);
  if (isNumber || ((type.flags & ts.TypeFlags.Object) === 0 && !type.isIntersection())) return void found.add(at);
  for (const property of type.getProperties())
    fieldsOf(checker, checker.getTypeOfSymbol(property), at === '' ? property.name : `${at}.${property.name}`, found);
}

/** The kinds of inputs with their fields. */
function declaredInputs(): Record<string, string[]> {
  const { ES2022 } = ts.ScriptTarget;
  const program = ts.createProgram([PROTOCOL], {
    strict: true,
    target: ES2022,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    noEmit: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const alias = program
    .getSourceFile(PROTOCOL)
    ?.statements.find(
      (statement): statement is ts.TypeAliasDeclaration =>
        ts.isTypeAliasDeclaration(statement) && statement.name.text === 'Input',
    );
  const union = alias === undefined ? null : checker.getTypeAtLocation(alias);
  if (union === null || !union.isUnion()) throw new Error('there is no union Input');
  return Object.fromEntries(
    union.types.map((type) => {
      const kind = type.getProperty('type');
      const literal = kind === undefined ? null : checker.getTypeOfSymbol(kind);
      if (literal === null || !literal.isStringLiteral()) throw new Error('an input without a type');
      const found = new Set<string>();
      fieldsOf(checker, type, '', found);
      return [literal.value, [...found].sort()];
    }),
  );
}

test('the list has all kinds of inputs with all their fields, and no others', () => {
  const listed = Object.entries(FIELDS).map(([kind, fields]) => [kind, ['type', 'at', ...fields].sort()]);
  expect(declaredInputs()).toEqual(Object.fromEntries(listed));
}, 60_000);

/** The fields of a value. Lists and records without anything in them have none. */
function fieldsIn(value: unknown, at: string, known: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => fieldsIn(one, `${at}[]`, known));
  if (typeof value !== 'object' || value === null) return [at];
  const anyName = known.includes(`${at}{}`);
  return Object.entries(value).flatMap(([name, one]) =>
    fieldsIn(one, anyName ? `${at}{}` : at === '' ? name : `${at}.${name}`, known),
  );
}

test('every field that daemons record is in the list', async () => {
  const kinds = new Set<string>();
  for (const seed of [1, 2, 3, 4, 5]) {
    const { inputs, rig } = await recordHistory(seed, 60);
    for (const text of inputs) {
      const input = JSON.parse(text) as InputBody;
      const known = ['type', 'at', ...FIELDS[input.type]];
      expect([input.type, fieldsIn(input, '', known).filter((field) => !known.includes(field))]).toEqual([
        input.type,
        [],
      ]);
      kinds.add(input.type);
    }
    void rig.runtime.stop();
  }
  // The test must have looked at something.
  expect(kinds.size).toBeGreaterThan(10);
});

const SECRET = '0xdeadbeefcafef00d';

test('secrets stay out of the journal, although events and commands have them', async () => {
  const scheduler = createVirtualScheduler();
  const { ports, admin } = createSimulator({ scheduler });
  const spoilt = (batch: UeventBatch): UeventBatch => ({
    ...batch,
    events: batch.events.map((event) => ({ ...event, env: { ...event.env, SITE_KEY: SECRET } })),
  });
  const spoil = (source: typeof ports.kernelUevents): typeof ports.kernelUevents => ({
    ...source,
    start: (onBatch) => source.start((batch) => onBatch(spoilt(batch))),
  });
  const runtime = createRuntime({
    kernel: {
      ...ports,
      kernelUevents: spoil(ports.kernelUevents),
      udevUevents: ports.udevUevents === null ? null : spoil(ports.udevUevents),
    },
    bindings: bindingsOf(memoryFile()),
    ...filesOf(),
    udevPresent: true,
    journal: (engine) => createJournal(engine, 1 << 24),
    log: () => undefined,
    onReady: () => undefined,
  });
  await runtime.start();
  admin.addDisk({ wwid: wwidOf(1), hcil: '0:0:0:1' });
  admin.addDisk({ wwid: wwidOf(1), hcil: '1:0:0:1' });
  await scheduler.run(5_000);
  expect(runtime.tables.maps.size).toBe(1);

  // Every command of the language, with the secret as every possible parameter, and with the existing map and path.
  const session = createSession({
    ...fakeDaemon(runtime.tables as never).dependencies,
    tables: () => runtime.tables,
    submit: runtime.submit,
    configuration: runtime.configuration,
  });
  const device: Record<string, string> = { map: 'mpatha', path: 'sda' };
  for (const command of COMMANDS) {
    // The journal contains the device names of these commands.
    if (/^(add|remove|disablequeueing|restorequeueing) (path|map)$/.test(command)) continue;
    const words = command.split(' ');
    const replies = [
      reply(
        session,
        words
          .map((word) =>
            ['map', 'path', 'key', 'format', 'group'].includes(word) ? `${word} ${device[word] ?? SECRET}` : word,
          )
          .join(' '),
        true,
      ),
      reply(session, `${command} ${SECRET}`, true),
      reply(
        session,
        words
          .map((word) => (['map', 'path', 'key', 'format', 'group'].includes(word) ? `${word} ${SECRET}` : word))
          .join(' '),
        true,
      ),
    ];
    await scheduler.run(100);
    await Promise.all(replies);
  }
  const recording = runtime.journal?.recording();
  if (recording === undefined) throw new Error('no journal');
  const text = textOf(recording).toString();
  expect(text).toContain('"type":"command"');
  expect(text).not.toContain(SECRET);
  expect(text).not.toContain('SITE_KEY');
  void runtime.stop();
});
