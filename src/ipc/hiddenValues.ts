/**
 * Values that only root may see. multipath.conf is mode 0600 on many hosts, and its arguments of prioritizers can be
 * credentials. The rule is about keywords and not about the mode of a file, so that it does not depend on when the file
 * was read. What the hardware table or a default says is no secret.
 */
import { ROOT_ONLY } from '../config/secrets';
import type { Explanation } from '../engine/views/explain/explanation';

const SECRET: ReadonlySet<string> = new Set(ROOT_ONLY);

/** Stands for a value that is hidden. */
const HIDDEN = '<only root sees this>';

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a setting of a file. A change (`Change` of a configuration document) has a file and no origin. */
function isOfFile({ origin, file }: Fields): boolean {
  return isFields(origin) ? origin['from'] === 'file' : file !== undefined;
}

function hideIn(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => hideIn('', item));
  if (!isFields(value)) return value;
  const { keyword } = value;
  const isSecret = SECRET.has(key) || (typeof keyword === 'string' && SECRET.has(keyword));
  const hides = isSecret && isOfFile(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      hides && name === 'value' && inner !== '' ? HIDDEN : hideIn(name, inner),
    ]),
  );
}

/**
 * A copy of a JSON document without secret values. A setting has its keyword beside it (`{"keyword", "value"}`), or is
 * the value of it (`{"prio_args": {"value"}}`); in any document both are found.
 */
export function documentForAll(document: object): object {
  return hideIn('', document) as object;
}

/** An explanation without secret values. */
export function explanationForAll<E extends Explanation>(explanation: E): E {
  const sections = explanation.sections.map(({ title, facts }) => ({
    title,
    facts: facts.map((fact) => (SECRET.has(fact.label) ? { ...fact, text: HIDDEN } : fact)),
  }));
  return { ...explanation, sections };
}
