/**
 * Keeps a text that many disks have in common once, for all disks and all readings. Then equal readings are compared
 * without a look at the texts, and a path takes much less memory.
 */
import type { BlockFacts, TransportFacts } from '../model/facts';

export interface SharedTexts {
  /** Each text is its own key. */
  readonly texts: Map<string, string>;
  readonly transports: Map<string, TransportFacts>;
}

/**
 * Many more texts than the kinds of disks of one host. If there are more, the only loss is the memory that sharing
 * saves.
 */
const ROOM = 4_096;

export function createSharedTexts(): SharedTexts {
  return { texts: new Map(), transports: new Map() };
}

function kept<T>(known: Map<string, T>, key: string, value: T): T {
  const have = known.get(key);
  if (have !== undefined) return have;
  if (known.size >= ROOM) known.clear();
  known.set(key, value);
  return value;
}

/** The facts with each text replaced by the shared copy. */
export function withSharedTexts(sharedTexts: SharedTexts, facts: BlockFacts): BlockFacts {
  const text = <T extends string | null>(value: T): T =>
    value === null ? value : (kept(sharedTexts.texts, value, value) as T);
  return {
    ...facts,
    vendor: text(facts.vendor),
    model: text(facts.model),
    revision: text(facts.revision),
    state: text(facts.state),
    accessState: text(facts.accessState),
    deviceHandler: text(facts.deviceHandler),
    transport: kept(sharedTexts.transports, JSON.stringify(facts.transport), facts.transport),
    udevNames: text(facts.udevNames),
  };
}
