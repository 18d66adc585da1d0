import { judgeRead } from '../../../src/policy/checkers/read';
import type { ReadAnswer } from '../../../src/policy/checkers/read';

test.each<[ReadAnswer, string, RegExp]>([
  [{ errno: null, bytes: 512 }, 'up', /^directio checker reports path is up$/],
  [{ errno: null, bytes: 4096 }, 'up', /up$/],
  [{ errno: null, bytes: 0 }, 'down', /nothing to read/],
  [{ errno: 'EIO', step: 'read' }, 'down', /read: EIO/],
  [{ errno: 'ETIMEDOUT', step: 'read' }, 'down', /read: ETIMEDOUT/],
  [{ errno: 'ENXIO', step: 'open' }, 'down', /open: ENXIO/],
  [{ errno: 'ENOMEM', step: 'read' }, 'transitioning', /read: ENOMEM/],
  [{ errno: 'EAGAIN', step: 'thread' }, 'transitioning', /thread: EAGAIN/],
])('%j: %s', (answer, state, message) => {
  expect(judgeRead(answer, 'directio')).toEqual({ state, message: expect.stringMatching(message) });
});
