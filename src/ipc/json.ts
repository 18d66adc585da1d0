/**
 * `show maps json`: the document that libdmmp, exporters and drivers read, with the same keys and blanks.
 * multipath-tools writes strings unchanged. mpathd escapes them, so that the document is JSON.
 */
import {
  action,
  dmState,
  failback,
  featuresText,
  handlerText,
  ofAnyPath,
  queueing,
  sysfsName,
  totalQueueTime,
  usablePaths,
  writeProtection,
} from './mapWildcards';
import { checkerName, checkerState, deviceState, marginalState, pathPriority, UNDEFINED } from './pathWildcards';
import { printableJson } from '../model/printable';
import { groupPriority, type GroupRow, type MapRow, type PathRow } from './rows';
import { lunHex } from './vpd';

type Fields = Array<[key: string, value: string | number]>;

const INDENT = '   ';

/** Lines `"key" : value`. The caller ends the last line. */
function fields(entries: Fields, depth: number): string {
  return entries.map(([key, value]) => `${INDENT.repeat(depth)}"${key}" : ${printableJson(value)}`).join(',\n');
}

/** `"key": [{…},{…}]` */
function list<T>(key: string, items: readonly T[], depth: number, item: (value: T, depth: number) => string): string {
  const elements = items.map((value) => `{\n${item(value, depth + 1)}\n${INDENT.repeat(depth)}}`);
  return `${INDENT.repeat(depth)}"${key}": [${elements.join(',')}]`;
}

function pathFields(row: PathRow): Fields {
  const transport = row.path?.facts?.transport;
  return [
    ['dev', row.path?.name ?? '-'],
    ['dev_t', row.devt],
    ['dm_st', row.dmState],
    ['dev_st', deviceState(row)],
    ['chk_st', checkerState(row)],
    ['checker', checkerName(row)],
    ['pri', pathPriority(row)],
    ['host_wwnn', transport?.hostWwnn ?? UNDEFINED],
    ['target_wwnn', transport?.targetWwnn ?? UNDEFINED],
    ['host_wwpn', transport?.hostWwpn ?? UNDEFINED],
    ['target_wwpn', transport?.targetWwpn ?? UNDEFINED],
    ['host_adapter', transport?.hostAdapter ?? UNDEFINED],
    ['lun_hex', lunHex(row.path?.facts?.hcil ?? null)],
    ['marginal_st', marginalState([row])],
  ];
}

function groupText(group: GroupRow, depth: number): string {
  const own: Fields = [
    ['selector', group.selector],
    ['pri', groupPriority(group)],
    ['dm_st', group.state],
    ['marginal_st', marginalState(group.paths)],
    ['group', group.number],
  ];
  const paths = list('paths', group.paths, depth, (path, inner) => fields(pathFields(path), inner));
  return `${fields(own, depth)},\n${paths}`;
}

function mapText(row: MapRow, depth: number): string {
  const { counters } = row.map;
  const own: Fields = [
    ['name', row.map.facts.name],
    ['uuid', row.map.wwid],
    ['sysfs', sysfsName(row)],
    ['failback', failback(row)],
    ['queueing', queueing(row)],
    ['paths', usablePaths(row)],
    ['write_prot', writeProtection(row)],
    ['dm_st', dmState(row)],
    ['features', featuresText(row)],
    ['hwhandler', handlerText(row)],
    ['action', action(row)],
    ['path_faults', counters.pathFaults],
    ['vend', ofAnyPath(row, 'vendor')],
    ['prod', ofAnyPath(row, 'model')],
    ['rev', ofAnyPath(row, 'revision')],
    ['switch_grp', counters.switchGroup],
    ['map_loads', counters.mapLoads],
    ['total_q_time', totalQueueTime(row)],
    ['q_timeouts', counters.queueTimeouts],
  ];
  return `${fields(own, depth)},\n${list('path_groups', row.groups, depth, groupText)}`;
}

const HEAD = `{\n${INDENT}"major_version": 0,\n${INDENT}"minor_version": 1,\n`;

/** `show maps json`. */
export function mapsJson(rows: readonly MapRow[]): string {
  return `${HEAD}${list('maps', rows, 1, mapText)}\n}\n`;
}

/** `show map M json`. */
export function mapJson(row: MapRow): string {
  return `${HEAD}${INDENT}"map":{\n${mapText(row, 2)}\n${INDENT}}\n}\n`;
}
