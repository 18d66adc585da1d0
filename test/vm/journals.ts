import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { chunksOf, linesOf } from '../../src/daemon/journal/lines';
import { readJournal } from '../../src/daemon/journal/readFile';
import { createReplay } from '../../src/daemon/journal/replay';
import { mapsDocument, pathsDocument, topologyDocument } from '../../src/ipc/documents';
import { ask } from './daemon';
import type { Machine } from './machine';

/* Journals of a daemon in the machine. They are replayed on the host. */
const MPATHCTL = resolve(__dirname, '..', '..', 'dist', 'mpathctl.js');

/** Copies a file out of the machine. Returns its name on the host. */
export const copyOut = async (machine: Machine, file: string): Promise<string> => {
  await machine.ok(`cp '${file}' /out/`);
  return join(machine.out, basename(file));
};

/** `mpathctl replay` on the host. */
export const replayOnHost = (file: string, ...args: string[]): { code: number | null; out: string; err: string } => {
  const run = spawnSync(process.execPath, [MPATHCTL, 'replay', file, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
};

/** Ages are different at every look. */
const withoutAges = (document: unknown): unknown =>
  JSON.parse(
    JSON.stringify(document, (key, value: unknown) =>
      /^(age|since)/i.test(key) || key.endsWith('AgeMs') ? undefined : value,
    ),
  );

const DOCUMENTS = ['paths', 'maps', 'topology'] as const;

/**
 * The output of `mpathctl paths`, `maps` and `topology` without ages. It comes from the socket, which is quicker than
 * three programs.
 */
export const shownByDaemon = async (machine: Machine): Promise<unknown[]> => {
  const shown: unknown[] = [];
  for (const document of DOCUMENTS) shown.push(withoutAges(JSON.parse(await ask(machine, `mpathd ${document} json`))));
  return shown;
};

/** The same output, from the tool itself. */
export const shownByTool = async (machine: Machine): Promise<unknown[]> => {
  const commands = DOCUMENTS.map((document) => `node /project/dist/mpathctl.js ${document} --json`);
  const lists = await machine.ok(commands.join(' && echo , && '));
  return (JSON.parse(`[${lists}]`) as unknown[]).map(withoutAges);
};

/** The same output for the tables at the end of a journal. */
export const shownByJournal = (file: string): unknown[] => {
  const { tables, steps } = createReplay(file, readJournal(file, linesOf(file, chunksOf(file))));
  for (let step = steps.next(); step.done !== true; step = steps.next());
  return [pathsDocument(tables, 0), mapsDocument(tables, 0), topologyDocument(tables, 0, null)].map(withoutAges);
};

export const contentsOf = (file: string): string => readFileSync(file, 'utf8');
