import type { NoPathRetry } from '../../src/model/map';
import { assembleTable, type TableMember } from '../../src/policy/assembleTable';
import { queueModeOf } from '../../src/policy/compareTables';
import { formatTable, parseStatus, parseTable } from '../../src/policy/table';
import {
  flag,
  list,
  number,
  optional,
  record,
  text,
  type VectorCase,
  type VectorOutcome,
  type VectorRunner,
} from './runner';

const USABLE = ['up', 'ghost'];

/** Turns `2 pg_init_retries 50` into the words after the count. */
function counted(value: unknown): string[] {
  return text(value).split(' ').slice(1);
}

function withCount(words: string[]): string {
  return [words.length, ...words].join(' ');
}

function noPathRetry(value: unknown): NoPathRetry {
  return value === null || value === 'fail' || value === 'queue' ? value : number(value);
}

function member(value: unknown): TableMember {
  const fields = record(value);
  return {
    devt: text(fields['dev_t']),
    priority: number(fields['prio']),
    usable: USABLE.includes(text(fields['state'])),
  };
}

function runAssemble(c: VectorCase): void {
  const table = assembleTable(
    {
      features: counted(c['features']),
      handler: counted(c['hwhandler']),
      selector: text(c['selector']),
      minIo: number(c['minio']),
      rrWeight: c['rr_weight'] === 'priorities' ? 'priorities' : 'uniform',
      noPathRetry: noPathRetry(c['no_path_retry']),
      retriesExhausted: flag(c['in_recovery']) && number(c['retry_tick']) === 0,
      initialGroup: number(c['bestpg']),
    },
    list(c['path_groups']).map((group) => list(group).map(member)),
  );
  expect(formatTable(table)).toBe(c['params']);
}

function runParse(c: VectorCase): void {
  const table = parseTable(text(c['table']));
  expect(table !== null).toBe(c['ok']);
  if (table === null) return;
  const line = optional(c['status'], text);
  const status = line === null ? null : parseStatus(line, table);
  expect(status !== null).toBe(c['status_ok']);
  expect(withCount(table.features)).toBe(c['features']);
  expect(withCount(table.handler)).toBe(c['hwhandler']);
  expect(table.groups[0]?.selector ?? null).toBe(c['selector']);
  expect(status?.nextGroup ?? table.initialGroup).toBe(c['nextpg']);
  expect(Number(table.groups.at(-1)?.paths.at(-1)?.args[0] ?? 0)).toBe(c['minio']);
  expect(queueModeOf(table)).toBe(c['queue_mode']);
  expect(status?.queuedIo ?? 0).toBe(c['queued_io']);
  const groups = table.groups.map((group, i) => ({
    state: status?.groups[i]?.state ?? 'undef',
    paths: group.paths.map(({ devt }, j) => {
      const path = status?.groups[i]?.paths[j];
      return { dev_t: devt, dm_st: path?.state ?? 'undef', failcount: path?.failCount ?? 0 };
    }),
  }));
  expect(groups).toEqual(c['groups']);
}

export const dmtable: VectorRunner = {
  file: 'dmtable',
  run(c): VectorOutcome {
    switch (text(c['op'])) {
      case 'assemble_table':
        runAssemble(c);
        return 'passed';
      case 'parse_table':
        runParse(c);
        return 'passed';
      default:
        return { unsupported: text(c['op']) };
    }
  },
};
