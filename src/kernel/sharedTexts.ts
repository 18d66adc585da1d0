/**
 * Texts that many disks have in common are kept once for all of them and for all readings: then two readings
 * that say the same are compared without a look at the texts, and a path takes a good deal less memory.
 */
import type { BlockFacts, TransportFacts } from '../model/facts';

export interface SharedTexts {
  /** Each text under itself. */
  readonly texts: Map<string, string>;
  readonly transports: Map<string, TransportFacts>;
}

/** Far more than the disks of one host have kinds. Whoever makes up more loses only what sharing saves. */
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

/** The same facts, in the words of those before. */
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
