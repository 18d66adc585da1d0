import { wholeListing } from '../../src/engine/inventory/listing';
import { createEngine } from '../../src/engine/engine';
import type { InputBody } from '../../src/engine/protocol';
import { startInput } from '../configuration';

test('a reading is pending from the input that asks for it to the input that answers it', () => {
  const engine = createEngine();
  let at = 0;
  const step = (body: InputBody) => engine.step({ ...body, at: (at += 10) });
  step(startInput());
  expect(engine.tables.truth.pending).toBe(0);
  const asked = step({ type: 'dm-event' }).flatMap((effect) => (effect.type === 'list-maps' ? [effect.asked] : []));
  expect(asked).toHaveLength(1);
  expect(engine.tables.truth.pending).toBe(1);
  // While the reading is under way, another event asks for no second one.
  step({ type: 'dm-event' });
  expect(engine.tables.truth.pending).toBe(1);
  step({ type: 'dm-list', asked: asked[0] ?? 0, reading: { ok: true, value: wholeListing([]) } });
  const again = step({ type: 'wake' });
  expect(again).toEqual([]);
  expect(engine.tables.truth.pending).toBe(1);
  step({ type: 'dm-list', asked: asked[0] ?? 0, reading: { ok: true, value: wholeListing([]) } });
  expect(engine.tables.truth.pending).toBe(0);
});
