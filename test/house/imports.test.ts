/**
 * The direction of imports: no circle among the files of src, and in the engine each room imports only from rooms below
 * it. (eslint.config.js has the order of the folders of src.)
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..', '..');

/**
 * The engine's rooms, each with the rooms from which it may import. The files directly in src/engine are a room of
 * their own.
 */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  core: ['protocol'],
  settings: ['core', 'protocol'],
  health: ['settings', 'core', 'protocol'],
  inventory: ['settings', 'core', 'protocol'],
  resync: ['inventory', 'settings', 'core', 'protocol'],
  reconcile: ['resync', 'health', 'inventory', 'settings', 'core', 'protocol'],
  react: ['reconcile', 'resync', 'health', 'inventory', 'settings', 'core', 'protocol'],
  views: ['reconcile', 'resync', 'health', 'inventory', 'settings', 'core', 'protocol'],
  commands: ['reconcile', 'resync', 'health', 'inventory', 'settings', 'core', 'protocol'],
  context: ['react', 'commands', 'reconcile', 'resync', 'health', 'inventory', 'settings', 'core', 'protocol'],
  invariants: ['context', 'reconcile', 'resync', 'health', 'inventory', 'settings', 'core', 'protocol'],
  checkpoint: ['context', 'settings', 'core', 'protocol'],
  engine: [
    'checkpoint',
    'invariants',
    'context',
    'react',
    'views',
    'commands',
    'reconcile',
    'resync',
    'health',
    'inventory',
    'settings',
    'core',
    'protocol',
  ],
  plan: ['engine', 'checkpoint', 'context', 'commands', 'reconcile', 'inventory', 'settings', 'core', 'protocol'],
};

type Graph = ReadonlyMap<string, readonly string[]>;

/** Each file with the files of src from which it imports, including types. */
function readGraph(directory: string): Graph {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(directory, file), 'utf8');
      const targets = [...text.matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].flatMap(([, specifier = '']) => {
        const path = posix.normalize(posix.join(posix.dirname(file), specifier));
        return [`${path}.ts`, `${path}/index.ts`].filter((candidate) => known.has(candidate));
      });
      return [file, targets];
    }),
  );
}

/** The files on the first circle; null: there is none. */
function circleIn(graph: Graph): string[] | null {
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string[] | null => {
    const at = trail.indexOf(file);
    if (at >= 0) return [...trail.slice(at), file];
    if (done.has(file)) return null;
    for (const target of graph.get(file) ?? []) {
      const circle = visit(target, [...trail, file]);
      if (circle !== null) return circle;
    }
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const circle = visit(file, []);
    if (circle !== null) return circle;
  }
  return null;
}

const roomOf = (file: string): string => relative('engine', file).split('/')[0]?.replace(/\.ts$/, '') ?? '';

/** Imports from a room that is not below, as `file -> file`. */
function wrongArrows(graph: Graph): string[] {
  const arrows: string[] = [];
  for (const [file, targets] of graph) {
    if (!file.startsWith('engine/')) continue;
    for (const target of targets.filter((one) => one.startsWith('engine/'))) {
      const [from, to] = [roomOf(file), roomOf(target)];
      if (from !== to && BELOW[from]?.includes(to) !== true) arrows.push(`${file} -> ${target}`);
    }
  }
  return arrows;
}

const graph = readGraph(join(ROOT, 'src'));

test('no circle of imports among the files of src', () => {
  expect(circleIn(graph)?.join(' -> ') ?? null).toBeNull();
});

test('a room of the engine imports only from the rooms below it', () => {
  expect(wrongArrows(graph)).toEqual([]);
});

test('each room that is listed is there, and each that is there is listed', () => {
  const rooms = [...graph.keys()].filter((file) => file.startsWith('engine/')).map(roomOf);
  expect([...new Set(rooms)].sort()).toEqual(Object.keys(BELOW).sort());
});

describe('what the tests above would say', () => {
  test('of a circle: the files on it', () => {
    const circle = new Map([
      ['a.ts', ['b.ts']],
      ['b.ts', ['c.ts']],
      ['c.ts', ['b.ts']],
    ]);
    expect(circleIn(circle)).toEqual(['b.ts', 'c.ts', 'b.ts']);
  });

  test('of an arrow that leads upwards: both its ends', () => {
    const upwards = new Map([
      ['engine/core/core.ts', ['engine/inventory/paths.ts']],
      ['engine/inventory/paths.ts', ['engine/core/core.ts']],
    ]);
    expect(wrongArrows(upwards)).toEqual(['engine/core/core.ts -> engine/inventory/paths.ts']);
  });
});
