/** The runtime when the engine finds a breach of its own invariants, or throws. */
import { memoryFile } from '../../src/daemon/bindingsStore';
import { createJournal } from '../../src/daemon/journal/journal';
import { createRuntime, type Runtime, type RuntimeOptions } from '../../src/daemon/runtime';
import type { Path } from '../../src/model/path';
import { createSimulator } from '../../src/simulator';
import { createVirtualScheduler } from '../simulator/virtualTime';
import { bindingsOf } from '../simulation/rig';
import { wwidOf } from '../simulation/rig';
import { filesOf } from '../configuration';

interface Setup {
  runtime: Runtime;
  broken: string[];
  errors: string[];
  run(ms: number): Promise<void>;
  /** Damages the table, as a fault of the engine could. */
  spoil(change: (path: Path) => void): void;
}

async function setup(more: Partial<RuntimeOptions> = {}): Promise<Setup> {
  const scheduler = createVirtualScheduler();
  const simulator = createSimulator({ scheduler });
  const broken: string[] = [];
  const errors: string[] = [];
  const runtime = createRuntime({
    kernel: simulator.ports,
    bindings: bindingsOf(memoryFile()),
    ...filesOf(),
    udevPresent: true,
    journal: (engine) => createJournal(engine, 1 << 20),
    onBroken: (detail) => void broken.push(detail),
    log: (level, message) => void (level === 'error' && errors.push(message)),
    onReady: () => undefined,
    ...more,
  });
  simulator.admin.addDisk({ wwid: wwidOf(1), hcil: '0:0:0:1' });
  await runtime.start();
  await scheduler.run(5_000);
  return {
    runtime,
    broken,
    errors,
    run: (ms) => scheduler.run(ms),
    spoil: (change) => change(runtime.tables.pathByName('sda') as Path),
  };
}

test('is reported once, however often it is broken, and the daemon goes on', async () => {
  const { runtime, broken, errors, run, spoil } = await setup();
  expect(broken).toEqual([]);
  spoil((path) => (path.map = 'mpath-nobody'));
  await run(60_000);
  expect(broken).toEqual([expect.stringMatching(/^membership-agrees: sda .* is said to be in mpath-nobody/)]);
  expect(errors).toEqual([
    expect.stringMatching(/^internal: an invariant is broken, membership-agrees: .*please report it with the journal$/),
  ]);
  const audit = runtime.submit({ kind: 'audit' });
  await run(1_000);
  expect(await audit).toMatchObject({ outcome: 'audit' });
  void runtime.stop();
});

test('an input that makes the engine throw is the last one in the journal', async () => {
  const { runtime, spoil } = await setup();
  spoil((path) =>
    Object.defineProperty(path, 'key', {
      get: () => {
        throw new Error('boom');
      },
    }),
  );
  expect(() => void runtime.submit({ kind: 'del-path', path: 'sda' }).catch(() => undefined)).not.toThrow();
  await Promise.resolve();
  const recording = runtime.journal?.recording();
  expect(recording?.now).toBeNull();
  expect(
    Buffer.concat([...(recording?.parts ?? [])])
      .toString()
      .trimEnd()
      .split('\n')
      .at(-1),
  ).toContain('"type":"command"');
});

test('an engine that has thrown gets no more inputs, and the caller of the last input gets no exception', async () => {
  const faults: unknown[] = [];
  const { runtime, run, spoil } = await setup({ onFault: (error) => void faults.push(error) });
  spoil((path) =>
    Object.defineProperty(path, 'key', {
      get: () => {
        throw new Error('boom');
      },
    }),
  );
  let settled = false;
  void runtime.submit({ kind: 'del-path', path: 'sda' }).finally(() => (settled = true));
  expect(faults).toEqual([expect.objectContaining({ message: 'boom' })]);
  const last = runtime.journal?.recording().last;
  await run(60_000);
  expect([settled, faults.length, runtime.journal?.recording().last]).toEqual([false, 1, last]);
  expect(await runtime.submit({ kind: 'audit' })).toMatchObject({ outcome: 'fail' });
});
