import fc from 'fast-check';
import { createTimers } from '../../../src/engine/core/timers';

describe('timers', () => {
  it('give back keys in the order of their times, each once', () => {
    const timers = createTimers();
    timers.set('b', 20);
    timers.set('a', 10);
    expect(timers.next()).toBe(10);
    expect(timers.takeDue(9)).toBeNull();
    expect([timers.takeDue(20), timers.takeDue(20), timers.takeDue(20)]).toEqual(['a', 'b', null]);
    expect(timers.next()).toBeNull();
  });

  it('move a key that is set again, and forget a key that is cleared', () => {
    const timers = createTimers();
    timers.set('a', 10);
    timers.set('a', 30);
    timers.set('b', 20);
    timers.clear('b');
    expect(timers.takeDue(29)).toBeNull();
    expect(timers.takeDue(30)).toBe('a');
  });

  it('setSooner never moves a deadline to a later time', () => {
    const timers = createTimers();
    timers.setSooner('a', 10);
    timers.setSooner('a', 30);
    expect(timers.next()).toBe(10);
    timers.setSooner('a', 5);
    expect(timers.next()).toBe(5);
  });

  it('agree with a plain list in any history, however often keys move', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const action = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key, at: fc.nat(50) }),
      fc.record({ do: fc.constant('sooner' as const), key, at: fc.nat(50) }),
      fc.record({ do: fc.constant('clear' as const), key, at: fc.constant(0) }),
      fc.record({ do: fc.constant('take' as const), key, at: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 400 }), (history) => {
        const timers = createTimers();
        const plain = new Map<string, number>();
        for (const step of history) {
          if (step.do === 'set') plain.set(step.key, step.at);
          if (step.do === 'sooner') plain.set(step.key, Math.min(step.at, plain.get(step.key) ?? Infinity));
          if (step.do === 'clear') plain.delete(step.key);
          if (step.do === 'set') timers.set(step.key, step.at);
          if (step.do === 'sooner') timers.setSooner(step.key, step.at);
          if (step.do === 'clear') timers.clear(step.key);
          if (step.do === 'take') {
            const taken = timers.takeDue(step.at);
            const least = Math.min(...plain.values());
            if (taken === null) expect(least).toBeGreaterThan(step.at);
            else {
              expect(plain.get(taken)).toBe(least);
              plain.delete(taken);
            }
          }
          expect(timers.next()).toBe(plain.size === 0 ? null : Math.min(...plain.values()));
        }
      }),
    );
  });
});
