/** From a line to its reply: grammar, rights, and what each command does. */
import { daemonSetting } from '../config/effective';
import type { DaemonControl, Session, SessionDependencies } from './control';
import type { CommandName } from './commands';
import { handleExtension, isExtension } from './extensions';
import { columnWidths, parseFormat, renderRaw, renderTable } from './format';
import { isOpenToAll, parameter, parseCommand, type Keyword } from './grammar';
import { grammarReply } from './help';
import { mapJson, mapsJson } from './json';
import { devicePart, findMap, findPath } from '../model/lookup';
import { MAP_WILDCARDS } from './mapWildcards';
import { deviceState, PATH_WILDCARDS } from './pathWildcards';
import { adminReply, failure, NOT_FOUND, NOT_ROOT, orOk, UNSUPPORTED } from './replies';
import { listedPaths, mapRow, mapRows, pathRow, type MapRow } from './rows';
import { presentIn, showDevices } from './showDevices';
import { showStatus, showWildcards } from './showStatus';
import { topology } from './topology';
import type { EffectiveConfiguration } from '../config/effective';
import type { RuleBook } from '../config/rules';
import { showConfiguration } from '../config/show';
import { showBlacklist } from '../config/showBlacklist';
import type { AdminCommand, AdminResult } from '../engine/protocol';
import type { Tables } from '../model/tables';

/** These read every device afresh, which takes up to so many ms. */
const SURVEYS: ReadonlySet<AdminCommand['kind']> = new Set(['resync', 'audit', 'reconfigure']);
const SURVEY_TIMEOUT_MS = 120_000;

interface SessionContext {
  tables: Tables;
  configuration: EffectiveConfiguration;
  rules: RuleBook;
  control: DaemonControl;
  submit(command: AdminCommand): Promise<AdminResult>;
}

/** Gives the text to show; '' is success without words. */
type Handler = (context: SessionContext, keywords: readonly Keyword[]) => string | Promise<string>;

const PATHS_FORMAT = '%i %d %D %p %t %T %o %C';

// multipathd drops the heading where there is nothing below it.
function pathTable({ tables }: SessionContext, format: string): string {
  const rows = listedPaths(tables);
  return rows.length === 0 ? '' : renderTable(parseFormat(format, PATH_WILDCARDS), rows);
}

function mapTable({ tables }: SessionContext, format: string): string {
  const rows = mapRows(tables);
  return rows.length === 0 ? '' : renderTable(parseFormat(format, MAP_WILDCARDS), rows);
}

function withMap(context: SessionContext, keywords: readonly Keyword[], show: (row: MapRow) => string): string {
  const map = findMap(context.tables, parameter(keywords, 'map'));
  return map === undefined ? NOT_FOUND : show(mapRow(context.tables, map));
}

/** One map in the widths of the whole table, in the raw form too. */
const mapLine: Handler = (context, keywords) => {
  const format = parseFormat(parameter(keywords, 'format'), MAP_WILDCARDS);
  const widths = columnWidths(format, mapRows(context.tables), true);
  return withMap(context, keywords, (row) => renderRaw(format, [row], widths));
};

const showPath: Handler = ({ tables }, keywords) => {
  const path = findPath(tables, parameter(keywords, 'path'));
  return path === undefined ? NOT_FOUND : `${deviceState(pathRow(tables, path))}\n`;
};

const allTopologies: Handler = ({ tables }) => topology(tables, mapRows(tables));

function change(command: (keywords: readonly Keyword[]) => AdminCommand): Handler {
  return async ({ control, submit }, keywords) => {
    const asked = command(keywords);
    control.log('notice', `asked for on the socket: ${Object.values(asked).join(' ')}`);
    return adminReply(await submit(asked));
  };
}

/** Scheduled and answered at once, as multipathd does. */
const reconfigure =
  (all: boolean): Handler =>
  ({ control, submit }) => {
    control.log('notice', `${all ? 'reconfigure all' : 'reconfigure'} asked for on the socket`);
    void submit({ kind: 'reconfigure', all }).then((result) => {
      if (result.outcome === 'fail') control.log('warning', `reconfigure failed: ${result.message}`);
    });
    return '';
  };

const shutdown: Handler = ({ control }) => {
  control.log('notice', 'shutdown asked for on the socket');
  control.shutdown();
  return '';
};

const addOrDelete = (kind: 'add-path' | 'del-path'): Handler =>
  change((keywords) => ({ kind, path: devicePart(parameter(keywords, 'path')) }));

const addOrDeleteMap = (kind: 'add-map' | 'del-map'): Handler =>
  change((keywords) => ({ kind, map: devicePart(parameter(keywords, 'map')) }));

const queueingOf = (kind: 'disable-queueing' | 'restore-queueing'): Handler =>
  change((keywords) => ({ kind, map: devicePart(parameter(keywords, 'map')) }));

/** Each map on its own: one that is in use keeps none of the others, and its failure is the reply. */
const deleteMaps: Handler = async ({ tables, control, submit }) => {
  const maps = [...tables.maps.values()];
  control.log('notice', `asked for on the socket: del-map ${maps.map((map) => map.facts.name).join(' ')}`);
  // By WWID: a name may go to another map while the first ones are being removed.
  const results = await Promise.all(maps.map((map) => submit({ kind: 'del-map', map: map.wwid })));
  return adminReply(results.find((result) => result.outcome === 'fail') ?? { outcome: 'ok' });
};

/** The commands that mpathd answers. All others of the language say that they are not there yet. */
const HANDLERS: Partial<Record<CommandName, Handler>> = {
  'list paths': (context) => pathTable(context, PATHS_FORMAT),
  'list paths format': (context, keywords) => pathTable(context, parameter(keywords, 'format')),
  'list paths raw format': ({ tables }, keywords) =>
    renderRaw(parseFormat(parameter(keywords, 'format'), PATH_WILDCARDS), listedPaths(tables)),
  'list path': showPath,
  'list maps': (context) => mapTable(context, '%n %d %w'),
  'list maps status': (context) => mapTable(context, '%n %F %Q %N %t %r'),
  'list maps stats': (context) => mapTable(context, '%n %0 %1 %2 %3 %4'),
  'list maps format': (context, keywords) => mapTable(context, parameter(keywords, 'format')),
  'list maps raw format': ({ tables }, keywords) =>
    renderRaw(parseFormat(parameter(keywords, 'format'), MAP_WILDCARDS), mapRows(tables)),
  'list maps topology': allTopologies,
  'list topology': allTopologies,
  'list maps json': ({ tables }) => mapsJson(mapRows(tables)),
  'list map topology': (context, keywords) => withMap(context, keywords, (row) => topology(context.tables, [row])),
  'list map format': mapLine,
  'list map raw format': mapLine,
  'list map json': (context, keywords) => withMap(context, keywords, mapJson),
  'list status': ({ tables }) => showStatus(tables),
  'list daemon': ({ control }) => `pid ${control.pid} ${control.daemonState()}\n`,
  'list devices': ({ tables, rules }) => showDevices(tables, rules),
  'list config': ({ configuration, rules }) => showConfiguration(configuration, rules),
  'list config local': ({ tables, configuration, rules }) => showConfiguration(configuration, rules, presentIn(tables)),
  'list blacklist': ({ rules }) => showBlacklist(rules),
  'list wildcards': showWildcards,
  'add path': addOrDelete('add-path'),
  'remove path': addOrDelete('del-path'),
  'add map': addOrDeleteMap('add-map'),
  'remove map': addOrDeleteMap('del-map'),
  'remove maps': deleteMaps,
  'disablequeueing map': queueingOf('disable-queueing'),
  'restorequeueing map': queueingOf('restore-queueing'),
  'disablequeueing maps': change(() => ({ kind: 'disable-queueing', map: null })),
  'restorequeueing maps': change(() => ({ kind: 'restore-queueing', map: null })),
  'forcequeueing daemon': change(() => ({ kind: 'force-daemon-queueing' })),
  'restorequeueing daemon': change(() => ({ kind: 'restore-daemon-queueing' })),
  reconfigure: reconfigure(false),
  'reconfigure all': reconfigure(true),
  quit: () => '',
  shutdown,
};

/** The result, or `timeout` after a while: the work itself goes on. Never rejects. */
async function within(ms: number, result: Promise<AdminResult>): Promise<AdminResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<AdminResult>((resolve) => {
    timer = setTimeout(() => resolve({ outcome: 'fail', reason: 'timeout', message: 'timeout' }), ms).unref();
  });
  try {
    return await Promise.race([result, late]);
  } catch (error) {
    return { outcome: 'fail', reason: 'other', message: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Answers the commands of one daemon; one session serves all clients. */
export function createSession(dependencies: SessionDependencies): Session {
  const { control } = dependencies;

  const submit = (command: AdminCommand): Promise<AdminResult> => {
    const survey = SURVEYS.has(command.kind);
    return within(
      survey ? SURVEY_TIMEOUT_MS : daemonSetting(dependencies.configuration(), 'uxsock_timeout').value,
      dependencies.submit(command),
    );
  };

  const answer = async (text: string, isRoot: boolean): Promise<string> => {
    if (isExtension(text)) return handleExtension(text, isRoot, dependencies, submit);
    const parsed = parseCommand(text);
    if (!parsed.ok) return grammarReply(text, parsed.error, control.version);
    // Known words that form no command get the reply of a missing argument.
    if (parsed.command === null) return grammarReply(text, 'EINVAL', control.version);
    if (!isRoot && !isOpenToAll(parsed.keywords)) return NOT_ROOT;
    const handler = HANDLERS[parsed.command];
    if (handler === undefined) return UNSUPPORTED;
    const context = {
      tables: dependencies.tables(),
      configuration: dependencies.configuration(),
      rules: dependencies.rules(),
      control,
      submit,
    };
    return orOk(await handler(context, parsed.keywords));
  };

  return {
    handle: async (text, isRoot) => {
      try {
        return await answer(text, isRoot);
      } catch (error) {
        // A fault of ours must not take the connection, or the daemon, down.
        control.log(
          'error',
          `answering ${JSON.stringify(text)}: ${error instanceof Error ? error.message : String(error)}`,
        );
        return failure('internal error, see the log');
      }
    },
  };
}
