import fc from 'fast-check';
import { addFeature, featureWords, reconcileQueueMode, removeFeature } from '../../src/policy/features';

const word = fc.constantFrom('queue_if_no_path', 'pg_init_retries', 'retain', 'a', 'ab', 'x.y', '50', '$&');
const strings = fc.uniqueArray(word, { maxLength: 6 }).map((words) => [words.length, ...words].join(' '));

test('an added feature occurs once, and is gone after it was taken out', () => {
  fc.assert(
    fc.property(strings, word, (features, feature) => {
      const added = addFeature(features, feature).features ?? '';
      const words = featureWords(added) ?? [];
      expect(words.filter((one) => one === feature)).toHaveLength(1);
      expect(addFeature(added, feature)).toEqual({ ok: true, features: added });
      const removed = removeFeature(added, feature).features ?? '';
      expect(featureWords(removed)).toEqual(words.filter((one) => one !== feature));
    }),
  );
});

test('no input makes it throw, and a refused string stays as it was', () => {
  const any = fc.option(fc.oneof(fc.string(), fc.stringMatching(/^[0-9 \tabq_]{0,20}$/)));
  fc.assert(
    fc.property(any, any, (features, feature) => {
      for (const edited of [addFeature(features, feature), removeFeature(features, feature)]) {
        if (!edited.ok) expect(edited.features).toBe(features);
      }
      reconcileQueueMode(features ?? '', 'bio');
    }),
  );
});

test.each<[string, string[] | null]>([
  ['0', []],
  ['2 pg_init_retries 50', ['pg_init_retries', '50']],
  ['  1\tqueue_if_no_path ', ['queue_if_no_path']],
  ['1', null],
  ['1 a b', null],
  ['-1 a', null],
  ['', null],
  ['many', null],
  ['99999 a', null],
])('the words of "%s"', (features, words) => {
  expect(featureWords(features)).toEqual(words);
});

test.each([
  ['2 queue_mode mq', null, '2 queue_mode mq', 'rq'],
  ['2 queue_mode mq', 'bio', '2 queue_mode bio', 'bio'],
  ['4 a b queue_mode bio', 'rq', '2 a b', 'rq'],
] as const)('queue mode of "%s" in a map that is %s', (features, mode, result, after) => {
  expect(reconcileQueueMode(features, mode)).toEqual({ features: result, mode: after });
});
