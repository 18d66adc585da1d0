/** The commands that only show something. They read the tables and the configuration. */
import type { Viewer } from '../config/secrets';
import { showConfiguration } from '../config/show';
import { showBlacklist } from '../config/showBlacklist';
import { MpathdError } from '../model/failure';
import { findMap, findPath } from '../model/lookup';
import { columnWidths, parseFormat, renderRaw, renderTable } from './format';
import { parameter, type Keyword } from './grammar';
import type { HandlerContext, ShowHandler, ShowName } from './handler';
import { mapJson, mapsJson } from './json';
import { MAP_WILDCARDS } from './mapWildcards';
import { deviceState, PATH_WILDCARDS } from './pathWildcards';
import { failure, NOT_FOUND } from './replies';
import { listedPaths, mapRow, mapRows, pathRow, type MapRow } from './rows';
import { presentIn, showDevices } from './showDevices';
import { showStatus, showWildcards } from './showStatus';
import { topology } from './topology';

const PATHS_FORMAT = '%i %d %D %p %t %T %o %C';

/** The text, or the refusal of a format whose text would be too long. */
function bounded(render: () => string): string {
  try {
    return render();
  } catch (error) {
    if (!(error instanceof MpathdError)) throw error;
    return failure(error.failure.detail ?? error.message);
  }
}

// multipathd drops the heading if there is no line below it.
function pathTable({ tables }: HandlerContext, format: string): string {
  const rows = listedPaths(tables);
  return rows.length === 0 ? '' : bounded(() => renderTable(parseFormat(format, PATH_WILDCARDS), rows));
}

function mapTable({ tables }: HandlerContext, format: string): string {
  const rows = mapRows(tables);
  return rows.length === 0 ? '' : bounded(() => renderTable(parseFormat(format, MAP_WILDCARDS), rows));
}

function withMap(context: HandlerContext, keywords: readonly Keyword[], show: (row: MapRow) => string): string {
  const map = findMap(context.tables, parameter(keywords, 'map'));
  return map === undefined ? NOT_FOUND : show(mapRow(context.tables, map));
}

/** One map with the column widths of the whole table, also in the raw form. */
const mapLine: ShowHandler = (context, keywords) => {
  const format = parseFormat(parameter(keywords, 'format'), MAP_WILDCARDS);
  const widths = columnWidths(format, mapRows(context.tables), true);
  return withMap(context, keywords, (row) => bounded(() => renderRaw(format, [row], widths)));
};

const showPath: ShowHandler = ({ tables }, keywords) => {
  const path = findPath(tables, parameter(keywords, 'path'));
  return path === undefined ? NOT_FOUND : `${deviceState(pathRow(tables, path))}\n`;
};

const allTopologies: ShowHandler = ({ tables }) => topology(tables, mapRows(tables));

const viewer = (isRoot: boolean): Viewer => (isRoot ? 'root' : 'all');

/** All show commands of multipathd. A command without a handler does not compile. */
export const SHOWS: Readonly<Record<ShowName, ShowHandler>> = {
  'list paths': (context) => pathTable(context, PATHS_FORMAT),
  'list paths format': (context, keywords) => pathTable(context, parameter(keywords, 'format')),
  'list paths raw format': ({ tables }, keywords) =>
    bounded(() => renderRaw(parseFormat(parameter(keywords, 'format'), PATH_WILDCARDS), listedPaths(tables))),
  'list path': showPath,
  'list maps': (context) => mapTable(context, '%n %d %w'),
  'list maps status': (context) => mapTable(context, '%n %F %Q %N %t %r'),
  'list maps stats': (context) => mapTable(context, '%n %0 %1 %2 %3 %4'),
  'list maps format': (context, keywords) => mapTable(context, parameter(keywords, 'format')),
  'list maps raw format': ({ tables }, keywords) =>
    bounded(() => renderRaw(parseFormat(parameter(keywords, 'format'), MAP_WILDCARDS), mapRows(tables))),
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
  'list config': ({ configuration, rules, isRoot }) => showConfiguration(configuration, rules, null, viewer(isRoot)),
  'list config local': ({ tables, configuration, rules, isRoot }) =>
    showConfiguration(configuration, rules, presentIn(tables), viewer(isRoot)),
  'list blacklist': ({ rules }) => showBlacklist(rules),
  'list wildcards': showWildcards,
};
