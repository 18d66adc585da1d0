/**
 * mpathd's own commands. Their first word is no keyword of multipathd, and it cannot be shortened. So the meaning of no
 * shortened keyword changes.
 */
import type { Answer, DaemonControl, SessionDependencies, Shown } from './control';
import { configurationDocument } from '../config/document';
import { mapsDocument, pathsDocument, statusDocument, topologyDocument } from './documents';
import { documentForAll, explanationForAll } from './hiddenValues';
import { adminReply, failure, NOT_FOUND, NOT_ROOT } from './replies';
import { devicePart } from '../model/lookup';
import { printableJson } from '../model/printable';
import { splitWords } from './splitWords';
import type { AdminCommand, AdminResult } from '../engine/protocol';
import { describeFailure } from '../model/failure';

/** The first word of all these commands. */
const EXTENSION = 'mpathd';

const COMMANDS_OF_OURS = `fail\ncommands of mpathd's own:\n${[
  'status json',
  'paths json',
  'maps json',
  'topology json [map]',
  'config json [DEVICE]',
  'resync',
  'audit [json]',
  'journal save FILE',
  'plan json [FILE]',
  'reconfigure',
  'explain json DEVICE',
]
  .map((command) => ` ${EXTENSION} ${command}\n`)
  .join('')}`;

const json = (document: object): string => `${printableJson(document)}\n`;

type Submit = (command: AdminCommand) => Promise<AdminResult>;

async function audit(submit: Submit, asJson: boolean): Promise<string> {
  const result = await submit({ kind: 'audit' });
  if (result.outcome !== 'audit' || !asJson) return adminReply(result);
  const { differences, unknown, paths, maps } = result;
  return json({ differences, unknown, paths, maps });
}

async function saveJournal(control: DaemonControl, words: readonly string[]): Promise<string> {
  const [file, ...more] = words;
  if (file === undefined || more.length > 0) return failure('journal save takes one file');
  if (!file.startsWith('/')) return failure(`journal save: ${file} is no absolute path`);
  control.log('notice', `asked for on the socket: journal save ${file}`);
  const saved = await control.saveJournal(file);
  return saved.ok ? json(saved.value) : failure(describeFailure(saved.failure));
}

async function plan(control: DaemonControl, words: readonly string[]): Promise<string> {
  const [file, ...more] = words;
  if (more.length > 0) return failure('plan takes one file');
  if (file !== undefined && !file.startsWith('/')) return failure(`plan: ${file} is no absolute path`);
  const planned = await control.plan(file ?? null);
  return planned.ok ? json(planned.value) : failure(describeFailure(planned.failure));
}

function explain(control: DaemonControl, words: readonly string[], isRoot: boolean): string {
  const [device, ...more] = words;
  if (device === undefined || more.length > 0) return failure('explain takes one device');
  const explained = control.explain(devicePart(device));
  return explained === null
    ? failure(
        `nothing is known of ${device}: it is no disk, map or WWID that mpathd has seen (\`mpathctl paths\`, \`mpathctl maps\`)`,
      )
    : json(isRoot ? explained : explanationForAll(explained));
}

/** The whole configuration, or the settings in force for one path or map. */
function configuration(dependencies: SessionDependencies, words: readonly string[], isRoot: boolean): string {
  const shown = (document: object): string => json(isRoot ? document : documentForAll(document));
  const [device, ...more] = words;
  if (more.length > 0) return failure('config json takes one device');
  if (device === undefined) return shown(configurationDocument(dependencies.configuration(), dependencies.rules()));
  const report = dependencies.settings(devicePart(device));
  return report === null ? NOT_FOUND : shown(report);
}

/** True if the words form a command of mpathd's own. */
export function isExtension(text: string): boolean {
  return splitWords(text)[0] === EXTENSION;
}

/** Ages in a document count from now, so the text stays true only for this moment. */
const atThisMoment = (text: string): Shown => ({ text, ofState: false });
const ofState = (text: string): Shown => ({ text, ofState: true });

/** The reply if the words are a command that shows; null: they are not. All users may read, but no secrets. */
function show(words: readonly string[], isRoot: boolean, dependencies: SessionDependencies): Shown | null {
  const { control } = dependencies;
  const tables = dependencies.tables();
  switch (words.slice(0, 2).join(' ')) {
    case 'status json':
      return atThisMoment(json(statusDocument(tables, control)));
    case 'paths json':
      return atThisMoment(json(pathsDocument(tables, control.now())));
    case 'maps json':
      return atThisMoment(json(mapsDocument(tables, control.now())));
    case 'topology json': {
      const document = topologyDocument(tables, control.now(), words[2] ?? null);
      return document === null ? ofState(NOT_FOUND) : atThisMoment(json(document));
    }
    case 'config json':
      return ofState(configuration(dependencies, words.slice(2), isRoot));
    case 'explain json':
      return atThisMoment(explain(control, words.slice(2), isRoot));
    default:
      return null;
  }
}

/** The reply to one of mpathd's own commands. */
export function handleExtension(
  text: string,
  isRoot: boolean,
  dependencies: SessionDependencies,
  submit: Submit,
): Answer {
  const [, ...words] = splitWords(text);
  return show(words, isRoot, dependencies) ?? order(words, isRoot, dependencies.control, submit);
}

/** The commands that are for root. */
function order(words: readonly string[], isRoot: boolean, control: DaemonControl, submit: Submit): Answer {
  const asRoot = (reply: () => Promise<string>): Answer => (isRoot ? reply() : ofState(NOT_ROOT));
  switch (words.slice(0, 2).join(' ')) {
    case 'resync':
      return asRoot(async () => adminReply(await submit({ kind: 'resync' })));
    case 'audit':
    case 'audit json':
      return asRoot(() => audit(submit, words[1] === 'json'));
    case 'reconfigure':
      return asRoot(async () => adminReply(await submit({ kind: 'reconfigure' })));
    case 'plan json':
      return asRoot(() => plan(control, words.slice(2)));
    case 'journal save':
      return asRoot(() => saveJournal(control, words.slice(2)));
    default:
      return ofState(COMMANDS_OF_OURS);
  }
}
