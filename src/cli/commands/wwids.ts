/**
 * `mpathctl wwids list|add|remove|reset`: the LUNs that get a map even with a single path. The messages are those of
 * `multipath -a`, `-w` and `-W`.
 */
import type { WwidsSystem } from '../check/wwidsSystem';
import { describeFailure, type Reading } from '../../model/failure';
import type { Wwid } from '../../model/identity';
import { EXIT, jsonText, Refusal, type Command, type CommandContext } from './command';
import { printable } from '../../model/printable';

/** The daemon reads the file only at a reconfigure. */
const HINT = 'a running daemon uses the change after `mpathctl reconfigure`\n';

function valueOf<T>(reading: Reading<T>): T {
  if (!reading.ok) throw new Refusal(describeFailure(reading.failure));
  return reading.value;
}

async function wwidOf(system: WwidsSystem, device: string | null): Promise<Wwid> {
  if (device === null) throw new Refusal('which device? A name, a path below /dev, or a number as 8:0');
  return valueOf(await system.wwidOf(device));
}

function tell(context: CommandContext, json: boolean, message: string, wwids: Wwid[], hint = ''): number {
  context.print(json ? jsonText({ ok: true, message, wwids }) : `${printable(message)}\n`);
  if (!json && hint !== '') context.note(hint);
  return EXIT.ok;
}

async function add(
  context: CommandContext,
  system: WwidsSystem,
  device: string | null,
  json: boolean,
): Promise<number> {
  const wwid = await wwidOf(system, device);
  const added = await system.store.add(wwid);
  if (!added.ok) throw new Refusal(`failed adding '${wwid}' to wwids file: ${describeFailure(added.failure)}`);
  return tell(
    context,
    json,
    added.value ? `wwid '${wwid}' added` : `wwid '${wwid}' is in wwids file already`,
    [wwid],
    added.value ? HINT : '',
  );
}

async function remove(
  context: CommandContext,
  system: WwidsSystem,
  device: string | null,
  json: boolean,
): Promise<number> {
  // A LUN that is gone has no disk any more, so its WWID is accepted, too.
  const listed = device === null ? [] : valueOf(await system.store.read());
  const wwid = device !== null && listed.includes(device) ? device : await wwidOf(system, device);
  const removed = valueOf(await system.store.remove(wwid));
  return tell(
    context,
    json,
    removed ? `wwid '${wwid}' removed` : `wwid '${wwid}' not in wwids file`,
    [wwid],
    removed ? HINT : '',
  );
}

async function reset(context: CommandContext, system: WwidsSystem, json: boolean): Promise<number> {
  const mapped = valueOf(await system.mapped());
  valueOf(await system.store.replace(mapped));
  return tell(context, json, 'successfully reset wwids', mapped, HINT);
}

async function list(context: CommandContext, system: WwidsSystem, json: boolean): Promise<number> {
  const listed = valueOf(await system.store.read());
  context.print(json ? jsonText({ wwids: listed }) : listed.map((wwid) => `${wwid}\n`).join(''));
  return EXIT.ok;
}

export const wwids: Command = async (context, { action, device, json }) => {
  const system = context.wwidsSystem();
  switch (action) {
    case 'add':
      return add(context, system, device, json);
    case 'remove':
      return remove(context, system, device, json);
    case 'reset':
      return reset(context, system, json);
    default:
      return list(context, system, json);
  }
};
