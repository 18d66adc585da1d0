import { enqueue, type IncomingUevent, type WaitingUevent } from '../../src/policy/ueventQueue';
import { uidAttributeByName } from '../../src/config/uidAttributes';
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

/** What the vectors mean by uid_attrs_set. */
const UID_ATTRS = 'sd:ID_SERIAL dasd:ID_SERIAL';

function incoming(value: unknown, attrs: string): IncomingUevent {
  const fields = record(value);
  const device = text(fields['dev']);
  const properties: Record<string, string | null> = { ID_SERIAL: optional(fields['wwid'], text) };
  const attribute = uidAttributeByName(attrs, device);
  return { action: text(fields['action']), device, wwid: attribute === null ? null : (properties[attribute] ?? null) };
}

function show({ action, device }: WaitingUevent): string {
  return `${action} ${device}`;
}

/** A devnode criterion: `!` in front inverts it. */
function matcher(pattern: string | null): (device: string) => boolean {
  if (pattern === null) return () => false;
  const inverted = pattern.startsWith('!');
  const regex = new RegExp(inverted ? pattern.slice(1) : pattern);
  return (device) => regex.test(device) !== inverted;
}

function runCase(c: VectorCase): void {
  const merge = flag(c['uid_attrs_set']);
  const isIgnored = matcher(optional(c['blacklist_devnode'], text));
  let queue: WaitingUevent[] = [];
  for (const batch of list(c['batches']).map(record)) {
    const events = list(batch['in']).map((event) => incoming(event, merge ? UID_ATTRS : ''));
    const result = enqueue(queue, events, { isIgnored, merge });
    queue = result.queue;
    const after = queue.map((event) =>
      event.merged.length === 0 ? { ev: show(event) } : { ev: show(event), merged: event.merged.map(show) },
    );
    expect(after).toEqual(batch['queue_after']);
    expect({ added: events.length, ...result, queue: null }).toEqual({
      added: number(batch['added']),
      discarded: number(batch['discarded']),
      filtered: number(batch['filtered']),
      merged: number(batch['merged']),
      queue: null,
    });
  }
}

export const uevent: VectorRunner = {
  file: 'uevent',
  run(c): VectorOutcome {
    runCase(c);
    return 'passed';
  },
};
