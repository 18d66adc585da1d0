import { chopTrailingSpace } from '../../src/policy/text';
import { parseUdevRecord } from '../../src/kernel/udevRecord';
import { wwidOfUuid } from '../../src/model/identity';
import { uidAttributeByName } from '../../src/config/uidAttributes';
import { list, text, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

/** A property in udev's record, from which the daemon takes its properties. */
function property(value: unknown, key: string): string | null {
  const lines = list(value).map((line) => `E:${text(line)}\n`);
  return parseUdevRecord(Buffer.from(`I:1\n${lines.join('')}`))?.[key] ?? null;
}

function result(c: VectorCase): unknown {
  switch (text(c['op'])) {
    case 'chop_trailing_space':
      return chopTrailingSpace(text(c['input']));
    case 'uevent_string':
      return property(c['env'], text(c['key']));
    case 'uevent_is_multipath':
      return wwidOfUuid(property(c['env'], 'DM_UUID') ?? '') !== null;
    case 'uid_attrs':
      return uidAttributeByName(text(c['value']), text(c['device']));
    default:
      return undefined;
  }
}

export const misc: VectorRunner = {
  file: 'misc',
  run(c): VectorOutcome {
    const got = result(c);
    // uevent_number: the addon reads numbers, see test/host/parseUevent.test.ts. basename_copy: kernel names come from
    // the last component of DEVPATH, without buffers of a fixed size.
    if (got === undefined) return { unsupported: text(c['op']) };
    expect(got).toBe(c['result']);
    return 'passed';
  },
};
