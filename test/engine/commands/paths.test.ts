import { createEngine } from '../../../src/engine/engine';
import { startInput } from '../../configuration';

const LONG = 'a'.repeat(32);

test.each(['a/N', 'map mpath-36001405', 'list', '..', LONG, '', '8:', 'sda\n'])(
  'add path %j: a text that can be no disk is answered at once, and the kernel is not asked for it',
  (path) => {
    const engine = createEngine();
    engine.step({ ...startInput(), at: 0 });
    const effects = engine.step({ type: 'command', request: 1, command: { kind: 'add-path', path }, at: 1 });
    const asked = effects.filter(({ type }) => type === 'read-block');
    if (path === 'list') return void expect(asked).toEqual([expect.objectContaining({ name: 'list' })]);
    expect(asked).toEqual([]);
    expect(effects).toContainEqual({
      type: 'reply',
      request: 1,
      result: { outcome: 'fail', reason: 'not-found', message: `${path}: device not found` },
    });
  },
);
