/**
 * Text for people leaves the programs in a few places only, and each of them makes it printable. This test walks the
 * syntax of all sources and finds every other place that writes to stdout, stderr, a socket or a descriptor.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

const SRC = resolve(__dirname, '..', '..', 'src');

/** Each place that may write, as `file: what`, with the reason why no raw text of a device gets out there. */
const ALLOWED: Readonly<Record<string, string>> = {
  'cli/output.ts: process.stdout.write': 'terminalText',
  'cli/output.ts: process.stderr.write': 'terminalText',
  'daemon/logger.ts: addon.fileCall': 'writes the lines of formatLine',
  'ipc/connection.ts: socket.write': 'the answer of Session.handle, or a failure()',
  'ipc/connection.ts: socket.end': 'a failure() with the words of admission.ts',
  'ipc/client.ts: writeSync': 'a request, which no person reads',
  'daemon/transportWatcher/child.ts: channel.write': 'messages to the daemon, which checks them',
};

/** These write to files or into memory, which are not shown. */
const FILES: ReadonlySet<string> = new Set([
  'engine/plan/dryKernel.ts',
  'daemon/journal/saveFile.ts',
  'ipc/framing.ts',
  'ipc/pidFile.ts',
  'kernel/fence.ts',
  'kernel/files.ts',
  'kernel/stateFiles.ts',
  'kernel/udevWord.ts',
  'kernel/writesUnderWay.ts',
]);

const WRITES: ReadonlySet<string> = new Set(['write', 'writeSync', 'writev', 'end', 'fileCall']);
const STREAMS = /(^|\.)(socket|stream|stdout|stderr|client|peer)$/i;

/** The writes in one source. */
function writesIn(file: string, text: string): string[] {
  const found: string[] = [];
  const ofNode = new Set(
    [...text.matchAll(/import \{([^}]*)\} from '(?:node:)?fs'/g)].flatMap(
      ([, names = '']) => names.match(/\w+/g) ?? [],
    ),
  );
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'console')
      found.push(`${file}: console.${node.name.text}`);
    if (ts.isCallExpression(node)) {
      const callee = node.expression;
      if (ts.isIdentifier(callee) && WRITES.has(callee.text) && ofNode.has(callee.text))
        found.push(`${file}: ${callee.text}`);
      if (ts.isPropertyAccessExpression(callee) && WRITES.has(callee.name.text)) {
        const target = callee.expression.getText();
        const bytes = callee.name.text !== 'end' || (STREAMS.test(target) && node.arguments.length > 0);
        if (bytes) found.push(`${file}: ${target}.${callee.name.text}`);
      }
    }
    // A stream that is handed on as a value could be written to elsewhere.
    if (
      ts.isPropertyAccessExpression(node) &&
      /^process\.std(out|err)$/.test(node.getText()) &&
      !ts.isPropertyAccessExpression(node.parent)
    )
      found.push(`${file}: ${node.getText()} handed on`);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return found;
}

function writesOfTheProduct(): string[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files
    .filter((file) => !FILES.has(file))
    .flatMap((file) => writesIn(file, readFileSync(join(SRC, file), 'utf8')));
}

test('text for people leaves by the places that make it printable, and by no other', () => {
  expect(writesOfTheProduct().filter((place) => !Object.hasOwn(ALLOWED, place))).toEqual([]);
});

test('each of these places is there', () => {
  const places = new Set(writesOfTheProduct());
  expect(Object.keys(ALLOWED).filter((place) => !places.has(place))).toEqual([]);
});

test.each([
  ['console.log(name)', 'x.ts: console.log'],
  ['process.stdout.write(name)', 'x.ts: process.stdout.write'],
  ['print(process.stderr)', 'x.ts: process.stderr handed on'],
  ['const p = { out: process.stdout }', 'x.ts: process.stdout handed on'],
  ['socket.end(name)', 'x.ts: socket.end'],
  ['fs.writeSync(1, name)', 'x.ts: fs.writeSync'],
  ["import { write } from 'node:fs'; write(2, name, done)", 'x.ts: write'],
  ['client.socket.write(name)', 'x.ts: client.socket.write'],
])('of %s this test would say: %s', (text, place) => {
  expect(writesIn('x.ts', text)).toEqual([place]);
});

test.each(['socket.end()', 'process.stdout.isTTY', 'log.end(2000)'])('of %s it would say nothing', (text) => {
  expect(writesIn('x.ts', text)).toEqual([]);
});
