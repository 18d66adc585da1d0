import { chopTrailingSpace } from '../../src/policy/text';
import { isMultipathUevent, ueventNumber, ueventText, type Properties } from '../../src/policy/ueventProperties';
import { uidAttributeByName } from '../../src/config/uidAttributes';
import { list, text, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

function properties(value: unknown): Properties {
  const pairs = list(value)
    .map(text)
    .filter((line) => line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  return Object.fromEntries(pairs);
}

function result(c: VectorCase): unknown {
  switch (text(c['op'])) {
    case 'chop_trailing_space':
      return chopTrailingSpace(text(c['input']));
    case 'uevent_number':
      return ueventNumber(properties(c['env']), text(c['key'])) ?? -1;
    case 'uevent_string':
      return ueventText(properties(c['env']), text(c['key']));
    case 'uevent_is_multipath':
      return isMultipathUevent(properties(c['env']));
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
    // basename_copy: kernel names come from the last component of DEVPATH, without buffers of a size.
    if (got === undefined) return { unsupported: text(c['op']) };
    expect(got).toBe(c['result']);
    return 'passed';
  },
};
