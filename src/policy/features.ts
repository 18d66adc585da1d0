/** Feature strings of a multipath table, `2 pg_init_retries 50`: the count of words, then the words. */

/** bio-based or request-based (`queue_mode`); `mq` is the kernel's old word for request-based. */
export type QueueMode = 'bio' | 'rq';

/** `ok` false: the string or the feature is malformed, and nothing was changed. */
export interface Edited {
  ok: boolean;
  features: string | null;
}

const wordsIn = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Matches a whole feature (of one word or more) with the blanks after it. */
const whole = (feature: string): RegExp => new RegExp(`(?<=^|\\s)${escaped(feature)}(?:\\s+|$)`);

/** The count, and the text after it with its leading blanks; null if there is no count. */
function countOf(features: string): { count: number; rest: string } | null {
  const found = /^\s*(\d{1,4})(?=\s|$)/.exec(features);
  return found === null ? null : { count: Number(found[1]), rest: features.slice(found[0].length) };
}

function edit(features: string | null, feature: string | null, work: (feature: string) => string | null): Edited {
  if (feature === null || feature === '') return { ok: true, features };
  if (feature !== feature.trim()) return { ok: false, features };
  const edited = work(feature);
  return edited === null ? { ok: false, features } : { ok: true, features: edited };
}

/** Adds a feature unless the string has it; `features` null: there are no features yet. */
export function addFeature(features: string | null, feature: string | null): Edited {
  return edit(features, feature, (added) => {
    if (features === null) return `${wordsIn(added).length} ${added}`;
    if (whole(added).test(features)) return features;
    const counted = countOf(features);
    return counted === null ? null : `${counted.count + wordsIn(added).length}${counted.rest} ${added}`;
  });
}

/** Takes a feature out. A missing feature is no error. */
export function removeFeature(features: string | null, feature: string | null): Edited {
  if (features === null) return { ok: false, features };
  return edit(features, feature, (removed) => {
    if (!whole(removed).test(features)) return features;
    const counted = countOf(features);
    if (counted === null) return null;
    const count = counted.count - wordsIn(removed).length;
    return count <= 0 ? '0' : `${count}${counted.rest.replace(whole(removed), '').trimEnd()}`;
  });
}

const QUEUE_MODES: ReadonlyMap<string, QueueMode> = new Map([
  ['bio', 'bio'],
  ['rq', 'rq'],
  ['mq', 'rq'],
]);

/**
 * A map's queue mode cannot change once it has a table: `mode` is the mode of its present table, or null if the
 * features may choose. An unknown mode is taken out.
 */
export function reconcileQueueMode(
  features: string,
  mode: QueueMode | null,
): { features: string; mode: QueueMode | null } {
  const [stated, value] = /(?<=\s)queue_mode\s+(\S+)/.exec(features) ?? [null, ''];
  const said = QUEUE_MODES.get(value ?? '') ?? null;
  const wanted = mode ?? said;
  if (stated !== null && said !== null && said === wanted) return { features, mode: wanted };
  const without = stated === null ? features : (removeFeature(features, stated).features ?? features);
  const added = wanted === 'bio' ? (addFeature(without, 'queue_mode bio').features ?? without) : without;
  return { features: added, mode: wanted };
}

/**
 * The words; none if the count does not match the number of words, because the kernel would refuse a table with them.
 */
export function featureWords(features: string): string[] | null {
  const counted = countOf(features);
  const words = wordsIn(counted?.rest ?? '');
  return counted?.count === words.length ? words : null;
}
