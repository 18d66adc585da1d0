import { addFeature, reconcileQueueMode, removeFeature, type Edited, type QueueMode } from '../../src/policy/features';
import { optional, text, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

function queueMode(value: unknown): QueueMode | null {
  if (value === null || value === 'bio' || value === 'rq') return value;
  throw new TypeError(`vector: no queue mode ${String(value)}`);
}

function expectEdited(c: VectorCase, edited: Edited): VectorOutcome {
  expect({ ret: edited.ok ? 0 : 1, result: edited.features }).toEqual({ ret: c['ret'], result: c['result'] });
  return 'passed';
}

export const features: VectorRunner = {
  file: 'features',
  run(c): VectorOutcome {
    const given = optional(c['features'], text);
    switch (text(c['op'])) {
      case 'add':
        return expectEdited(c, addFeature(given, optional(c['feature'], text)));
      case 'remove':
        return expectEdited(c, removeFeature(given, optional(c['feature'], text)));
      case 'reconcile_queue_mode': {
        const { features: result, mode } = reconcileQueueMode(given ?? '0', queueMode(c['queue_mode']));
        expect({ result, queue_mode_result: mode }).toEqual({
          result: c['result'],
          queue_mode_result: c['queue_mode_result'],
        });
        return 'passed';
      }
      default:
        return { unsupported: text(c['op']) };
    }
  },
};
