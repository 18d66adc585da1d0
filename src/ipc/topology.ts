/** The tree of a map: its line, its path groups and their paths (multipathd(8), "show topology"). */
import { columnWidths, parseFormat, renderLine } from './format';
import { action, featuresText, handlerText, mapSize, sysfsName, vendorProduct, writeProtection } from './mapWildcards';
import { PATH_WILDCARDS } from './pathWildcards';
import { groupPriority, listedPaths, type GroupRow, type MapRow } from './rows';
import { printable } from '../model/printable';
import type { Tables } from '../model/tables';

const PATH_FORMAT = parseFormat('%i %d %D %t %T %o', PATH_WILDCARDS);

function heading(row: MapRow): string {
  const doing = action(row);
  const { name } = row.map.facts;
  const alias = name === row.map.wwid ? name : `${name} (${row.map.wwid})`;
  return `${printable(`${doing === '' ? '' : `${doing}: `}${alias} ${sysfsName(row)} ${vendorProduct(row)}`)}\n`;
}

function attributes(row: MapRow): string {
  const text = `size=${mapSize(row)} features='${featuresText(row)}' hwhandler='${handlerText(row)}' wp=${writeProtection(row)}`;
  return `${printable(text)}\n`;
}

function groupTree(group: GroupRow, last: boolean, widths: readonly number[]): string {
  const top = `${last ? '`' : '|'}-+- policy='${printable(group.selector)}' prio=${groupPriority(group)} status=${group.state}\n`;
  const lines = group.paths.map((path, index) => {
    const branch = index === group.paths.length - 1 ? '`' : '|';
    return `${last ? ' ' : '|'} ${branch}- ${renderLine(PATH_FORMAT, path, widths)}`;
  });
  return top + lines.join('');
}

/** The trees of `rows`. The columns of paths have the widths that all paths in the tables need. */
export function topology(tables: Tables, rows: readonly MapRow[]): string {
  const measured = [...listedPaths(tables), ...rows.flatMap(({ paths }) => paths)];
  const widths = columnWidths(PATH_FORMAT, measured, false);
  return rows
    .map((row) => {
      const groups = row.groups.map((group, index) => groupTree(group, index === row.groups.length - 1, widths));
      return heading(row) + attributes(row) + groups.join('');
    })
    .join('');
}
