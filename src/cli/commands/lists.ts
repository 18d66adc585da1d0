/** `mpathctl paths` and `mpathctl maps`: every entry of the tables, one line each. */
import { columns, duration, type Style } from '../style';
import { printDocument, type Command } from './command';
import type { MapDocument, PathDocument, StaleDocument } from '../../ipc/documents';
import { printable } from '../../model/printable';

function staleNote(stale: StaleDocument | null): string[] {
  return stale === null
    ? []
    : [`stale for ${duration(stale.ageMs)} (${stale.operation}: ${stale.errno ?? stale.code})`];
}

function checkText(path: PathDocument, style: Style): string {
  if (path.init === 'excluded') return 'excluded';
  const { state } = path.check;
  if (state === 'up' || state === 'ghost') return style.good(state);
  return state === 'unchecked' || state === 'pending' ? style.doubtful(state) : style.bad(state);
}

function pathLine(path: PathDocument, style: Style): string[] {
  const notes = [...(path.reason === null ? [] : [path.reason]), ...staleNote(path.stale)];
  const message = path.check.state === 'up' || path.init === 'excluded' ? '' : path.check.message;
  return [
    printable(path.name),
    path.devt,
    path.hcil ?? '-',
    checkText(path, style),
    path.dmState === 'failed' ? style.bad('failed') : path.dmState,
    String(path.priority),
    path.size,
    printable(path.map ?? '-'),
    printable(path.wwid ?? '-'),
    printable([...notes, message].filter((note) => note !== '').join('; ')),
  ];
}

const PATH_HEADING = ['DEV', 'DEV_T', 'HCIL', 'STATE', 'DM', 'PRIO', 'SIZE', 'MAP', 'WWID', 'NOTE'];

export const paths: Command = (context, { json }) =>
  printDocument<{ paths: PathDocument[] }>(context, 'mpathd paths json', json, (document) => {
    const { style } = context;
    const rows = document.paths.map((path) => pathLine(path, style));
    return rows.length === 0 ? 'no paths\n' : columns([PATH_HEADING.map(style.bold), ...rows]);
  });

function mapNotes(map: MapDocument): string[] {
  return [
    ...(map.operation === null ? [] : [`${map.operation.kind} for ${duration(map.operation.ageMs)}`]),
    ...(map.lastFailure === null ? [] : [map.lastFailure]),
    ...staleNote(map.stale),
  ];
}

function mapLine(map: MapDocument, style: Style): string[] {
  const usable = `${map.paths.usable}/${map.paths.total}`;
  const colour = map.paths.usable === 0 ? style.bad : map.paths.usable < map.paths.total ? style.doubtful : style.good;
  return [
    printable(map.name),
    map.sysfs,
    map.size,
    colour(usable),
    `${map.suspended ? 'suspended' : 'active'},${map.readOnly ? 'ro' : 'rw'}`,
    String(map.openCount),
    printable(map.wwid),
    printable(mapNotes(map).join('; ')),
  ];
}

const MAP_HEADING = ['NAME', 'SYSFS', 'SIZE', 'PATHS', 'STATE', 'OPEN', 'WWID', 'NOTE'];

export const maps: Command = (context, { json }) =>
  printDocument<{ maps: MapDocument[] }>(context, 'mpathd maps json', json, (document) => {
    const { style } = context;
    const rows = document.maps.map((map) => mapLine(map, style));
    return rows.length === 0 ? 'no maps\n' : columns([MAP_HEADING.map(style.bold), ...rows]);
  });
