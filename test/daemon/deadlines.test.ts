import { createDeadlines } from '../../src/daemon/deadlines';
import type { Reading } from '../../src/model/failure';

describe('deadlines', () => {
  it('hand over an answer that comes in time', async () => {
    const deadlines = createDeadlines(() => 0);
    await expect(
      deadlines.within('k', 'op', 'dev', 100, () => Promise.resolve({ ok: true, value: 7 })),
    ).resolves.toEqual({ ok: true, value: 7 });
    expect(deadlines.next()).toBeNull();
  });

  it('answer TIMED_OUT when none comes, and send no second question after the first', async () => {
    let now = 0;
    let calls = 0;
    let finish: (reading: Reading<number>) => void = () => undefined;
    const deadlines = createDeadlines(() => now);
    const call = (): Promise<Reading<number>> => {
      calls += 1;
      return new Promise((resolve) => {
        finish = resolve;
      });
    };
    const first = deadlines.within('k', 'op', 'dev', 100, call);
    expect(deadlines.next()).toBe(100);
    now = 100;
    deadlines.expire(now);
    await expect(first).resolves.toMatchObject({
      ok: false,
      failure: { code: 'TIMED_OUT', operation: 'op', device: 'dev' },
    });
    now = 250;
    await expect(deadlines.within('k', 'op', 'dev', 100, call)).resolves.toMatchObject({
      ok: false,
      failure: { detail: expect.stringContaining('250 ms') },
    });
    expect(calls).toBe(1);
    expect(deadlines.unanswered()).toEqual([{ operation: 'op', device: 'dev', ageMs: 250 }]);

    finish({ ok: true, value: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    void deadlines.within('k', 'op', 'dev', 100, call);
    expect(calls).toBe(2);
  });

  it('turn a thrown error into a failure', async () => {
    const deadlines = createDeadlines(() => 0);
    const result = await deadlines.within('k', 'op', 'dev', 100, () => Promise.reject(new Error('oops')));
    expect(result).toMatchObject({ ok: false, failure: { code: 'REFUSED', detail: expect.stringContaining('oops') } });
  });

  it('one hung device delays no other', async () => {
    const deadlines = createDeadlines(() => 0);
    void deadlines.within('hung', 'op', 'a', 100, () => new Promise<never>(() => undefined));
    await expect(
      deadlines.within('other', 'op', 'b', 100, () => Promise.resolve({ ok: true, value: 1 })),
    ).resolves.toEqual({ ok: true, value: 1 });
  });
});
