/** `mpathctl plan [--config FILE]`: what a reconfigure would do, map by map. Changes nothing. */
import { resolve } from 'node:path';
import type { Plan, PlannedMap, PlannedStep } from '../../engine/plan/plan';
import { counted, type Style } from '../style';
import { printDocument, quoted, type Command } from './command';
import { printable } from '../../model/printable';

const ACTIONS = ['create', 'reload', 'rename', 'remove', 'change', 'unknown', 'nothing'] as const;

function stepText(step: PlannedStep): string {
  switch (step.step) {
    case 'create':
      return `create ${step.alias}: ${step.reason}`;
    case 'rename':
      return `rename to ${step.to}: ${step.reason}`;
    case 'message':
      return `message ${step.message}: ${step.reason}`;
    case 'reload':
    case 'remove':
      return `${step.step}: ${step.reason}`;
  }
}

function tableLine(state: PlannedMap['before']): string | null {
  return state === null
    ? null
    : `0 ${state.sizeSectors} multipath ${state.table}${state.readOnly ? ' (read-only)' : ''}`;
}

function tableLines({ before, after }: PlannedMap, style: Style): string[] {
  const [old, wanted] = [tableLine(before), tableLine(after)];
  if (old === wanted) return [];
  return [
    ...(old === null ? [] : [style.bad(`  - ${printable(old)}`)]),
    ...(wanted === null ? [] : [style.good(`  + ${printable(wanted)}`)]),
  ];
}

/** A map with its steps and its tables. A map that stays as it is takes one line. */
function mapText(map: PlannedMap, style: Style): string {
  const alias = map.before?.alias ?? map.after?.alias ?? map.wwid;
  const name = alias === map.wwid ? alias : `${alias} (${map.wwid})`;
  const trouble = map.trouble === null ? '' : `: ${map.trouble}`;
  const head = `${style.bold(printable(name))}: ${map.action}${printable(trouble)}`;
  const steps = map.steps.map((step) => `  ${printable(stepText(step))}`);
  const tables = map.steps.length === 0 ? [] : tableLines(map, style);
  return [head, ...steps, ...tables].map((line) => `${line}\n`).join('');
}

function summary({ maps, complete }: Plan): string {
  const counts = ACTIONS.map((action) => [action, maps.filter((map) => map.action === action).length] as const);
  const told = counts.filter(([, count]) => count > 0).map(([action, count]) => `${action} ${count}`);
  const cut = complete ? '' : 'The plan was cut off: there may be more to do.\n';
  return `${counted(maps.length, 'map')}${told.length === 0 ? '' : `: ${told.join(', ')}`}. Nothing was done.\n${cut}`;
}

/** Maps that would change come first. */
export function planText(plan: Plan, style: Style): string {
  const idle = (map: PlannedMap): number => (map.action === 'nothing' ? 1 : 0);
  const maps = [...plan.maps].sort((a, b) => idle(a) - idle(b));
  return maps.map((map) => mapText(map, style)).join('') + summary(plan);
}

/** The daemon reads the file, in its own view of the file system, so the path must be absolute. */
export const plan: Command = (context, { json, config }) => {
  const command = config === null ? 'mpathd plan json' : `mpathd plan json ${quoted(resolve(config))}`;
  return printDocument<Plan>(context, command, json, (document) => planText(document, context.style));
};
