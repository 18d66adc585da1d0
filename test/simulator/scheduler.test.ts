import fc from 'fast-check';
import { createClock, createRealScheduler } from '../../src/simulator/scheduler';
import { createVirtualScheduler } from './virtualTime';

describe('virtual time', () => {
  test('callbacks come in order of time, then in the order of the requests', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 200 }), (delays) => {
        const time = createVirtualScheduler();
        const got: Array<[number, number]> = [];
        delays.forEach((ms, n) => time.after(ms, () => got.push([time.now(), n])));
        while (time.step(100)) continue;
        const expected = delays.map((ms, n): [number, number] => [ms, n]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect(got).toEqual(expected);
        expect([time.now(), time.pending()]).toEqual([100, 0]);
      }),
    );
  });

  test('a callback that another callback requests runs at its own time', async () => {
    const time = createVirtualScheduler();
    const got: number[] = [];
    const again = (): void => {
      got.push(time.now());
      if (got.length < 4) time.after(10, again);
    };
    time.after(5, again);
    await time.run(30);
    expect(got).toEqual([5, 15, 25]);
    expect([time.now(), time.pending()]).toEqual([30, 1]);
  });

  test('promises settled by a callback go on before the next callback', async () => {
    const time = createVirtualScheduler();
    const got: string[] = [];
    const promise = new Promise<void>((resolve) => time.after(1, resolve));
    void promise
      .then(() => undefined)
      .then(() => undefined)
      .then(() => got.push(`then at ${time.now()}`));
    time.after(2, () => got.push('second'));
    await time.run(10);
    expect(got).toEqual(['then at 1', 'second']);
  });
});

describe('the clock port', () => {
  test('a later call replaces an earlier one', async () => {
    const time = createVirtualScheduler();
    const clock = createClock(time);
    const got: string[] = [];
    clock.wakeAt(10, () => got.push('first'));
    clock.wakeAt(5, () => got.push(`second at ${clock.now()}`));
    await time.run(100);
    expect(got).toEqual(['second at 5']);
    clock.wakeAt(20, () => got.push('past'));
    await time.run(0);
    expect(got).toEqual(['second at 5', 'past']);
  });

  test('nothing comes after stop', async () => {
    const time = createVirtualScheduler();
    const clock = createClock(time);
    let called = false;
    clock.wakeAt(10, () => {
      called = true;
    });
    clock.stop();
    await time.run(100);
    expect(called).toBe(false);
  });
});

test('real time: calls back, and not after stop', async () => {
  const real = createRealScheduler();
  const before = real.now();
  await new Promise<void>((resolve) => real.after(1, resolve));
  expect(real.now()).toBeGreaterThan(before);
  let called = false;
  real.after(1, () => {
    called = true;
  });
  real.stop();
  real.after(1, () => {
    called = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(called).toBe(false);
});
