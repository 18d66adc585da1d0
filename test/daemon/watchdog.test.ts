import { createHealthCheck } from '../../src/daemon/watchdog';

function fixture() {
  const signs = { now: 0, beat: 0, fence: null as number | null, step: 0 };
  const check = createHealthCheck(
    {
      now: () => signs.now,
      listenerHeartbeat: () => signs.beat,
      lastFenceAt: () => signs.fence,
      lastStepAt: () => signs.step,
    },
    { fenceMs: 45_000, stepMs: 30_000 },
  );
  return { signs, check };
}

describe('the watchdog is fed', () => {
  it('while engine, listener and fence are alive', () => {
    const { signs, check } = fixture();
    for (let i = 1; i <= 10; i++) {
      Object.assign(signs, { now: i * 10_000, beat: i, fence: i * 10_000, step: i * 10_000 });
      expect(check()).toEqual({ healthy: true });
    }
  });

  it('not when the listener does not move', () => {
    const { check } = fixture();
    check();
    expect(check()).toMatchObject({ healthy: false, reason: expect.stringContaining('listener') });
  });

  it('not when no fence comes back, also if none ever came back', () => {
    const { signs, check } = fixture();
    Object.assign(signs, { now: 45_001, beat: 1, step: 45_001 });
    expect(check()).toMatchObject({ healthy: false, reason: expect.stringContaining('fence') });
    Object.assign(signs, { fence: 45_000, beat: 2 });
    expect(check()).toEqual({ healthy: true });
  });

  it('not when the engine has no input', () => {
    const { signs, check } = fixture();
    Object.assign(signs, { now: 40_000, beat: 1, fence: 39_000, step: 1_000 });
    expect(check()).toMatchObject({ healthy: false, reason: expect.stringContaining('engine') });
  });
});
