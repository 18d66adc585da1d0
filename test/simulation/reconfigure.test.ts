import { memoryFile, type TextFile } from '../../src/daemon/bindingsStore';
import { uuidOfWwid } from '../../src/model/identity';
import { addSan, bindingsOf, configured, createRig, wwidOf, type Rig } from './rig';

const [A, B] = [wwidOf(1), wwidOf(2)];

const write = (file: TextFile, ...lines: string[]): Promise<unknown> => file.update(() => [...lines, ''].join('\n'));

async function startWithFile(file: TextFile): Promise<Rig> {
  await write(file, `mpatha ${A}`, `mpathb ${B}`);
  const rig = createRig({ bindings: bindingsOf(file) });
  // LUN 1 has the paths sda, sdc and sde.
  addSan(rig, 2, 3);
  await rig.runtime.start();
  await rig.run(2_000);
  return rig;
}

const reconfigure = async (rig: Rig): Promise<unknown> => {
  const answer = rig.runtime.submit({ kind: 'reconfigure' });
  await rig.run(3_000);
  return answer;
};

const namesInKernel = (rig: Rig): Record<string, string | undefined> => {
  const { maps } = rig.truth();
  return { a: maps[uuidOfWwid(A)]?.name, b: maps[uuidOfWwid(B)]?.name };
};

test('maps get the present names in the bindings file, also two maps that exchange their names', async () => {
  const file = memoryFile();
  const rig = await startWithFile(file);
  expect(namesInKernel(rig)).toEqual({ a: 'mpatha', b: 'mpathb' });
  await write(file, `mpathb ${A}`, `mpatha ${B}`);
  await rig.run(60_000);
  expect(namesInKernel(rig)).toEqual({ a: 'mpatha', b: 'mpathb' });
  expect(await reconfigure(rig)).toEqual({ outcome: 'ok' });
  expect(namesInKernel(rig)).toEqual({ a: 'mpathb', b: 'mpatha' });
  expect(rig.view()).toEqual(rig.truth());
});

test('if a LUN has two names, its map keeps the one that it has', async () => {
  const file = memoryFile();
  const rig = await startWithFile(file);
  await write(file, `mpatha ${A}`, `mpathb ${B}`, `mpatha0 ${A}`, `mpath0 ${B}`);
  await reconfigure(rig);
  expect(namesInKernel(rig)).toEqual({ a: 'mpatha', b: 'mpathb' });
});

test('a map without a binding keeps its name', async () => {
  const file = memoryFile();
  const rig = await startWithFile(file);
  await write(file, `mpathq ${B}`);
  await reconfigure(rig);
  expect(namesInKernel(rig)).toEqual({ a: 'mpatha', b: 'mpathq' });
  const text = await file.read();
  expect(text.ok && text.value).toContain(`mpatha ${A}`);
});

test('a file that cannot be read changes no name, and is reported; the resync takes place all the same', async () => {
  const file = memoryFile();
  const failing: TextFile = { ...file };
  const rig = await startWithFile(failing);
  failing.read = () =>
    Promise.resolve({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'read', device: '/etc/multipath/bindings', errno: 'EIO' },
    });
  const { resyncs } = rig.runtime.tables.truth;
  expect(await reconfigure(rig)).toEqual({ outcome: 'ok' });
  expect(rig.runtime.tables.truth.resyncs).toBe(resyncs + 1);
  expect(namesInKernel(rig)).toEqual({ a: 'mpatha', b: 'mpathb' });
  expect(rig.logs).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: expect.stringContaining('/etc/multipath/bindings: EIO') as string,
    }),
  );
});

test("a path, a map, and a path that somebody else's reload left out are taken in again", async () => {
  const rig = await startWithFile(memoryFile());
  const whole = rig.truth();
  void rig.runtime.submit({ kind: 'del-map', map: 'mpathb' });
  await rig.run(1_000);
  void rig.runtime.submit({ kind: 'del-path', path: 'sdc' });
  rig.simulator.admin.reloadMap('mpatha', {
    type: 'multipath',
    sizeSectors: 16384,
    readOnly: false,
    params: '0 1 alua 1 1 service-time 0 1 1 8:0 1',
  });
  await rig.run(30_000);
  expect(Object.keys(rig.truth().maps)).toEqual([uuidOfWwid(A)]);
  await reconfigure(rig);
  expect(rig.truth()).toEqual({
    ...whole,
    maps: { ...whole.maps, [uuidOfWwid(B)]: { ...whole.maps[uuidOfWwid(B)], devt: expect.any(String) as string } },
  });
  expect(rig.view()).toEqual(rig.truth());
});

test('a reconfigure during the first resync is carried out afterwards', async () => {
  const file = memoryFile();
  const rig = createRig({
    bindings: bindingsOf(file),
    simulator: { latency: { operationMs: 100, answerMs: 100 } },
  });
  addSan(rig, 2, 2);
  await rig.runtime.start();
  await write(file, `mpathx ${A}`, `mpathy ${B}`);
  expect(await reconfigure(rig)).toEqual({ outcome: 'ok' });
  await rig.run(5_000);
  expect(namesInKernel(rig)).toEqual({ a: 'mpathx', b: 'mpathy' });
});

test('what the kernel has refused is tried at once, not when its pause is over', async () => {
  const rig = createRig(configured({ user_friendly_names: false }));
  const mend = rig.simulator.faults.add({
    operations: ['create'],
    devices: null,
    outcome: { kind: 'errno', errno: 'EBUSY' },
    times: null,
    probability: 1,
  });
  addSan(rig, 1, 2);
  await rig.runtime.start();
  // Each pause is twice as long as the one before: the next one ends after more than a minute.
  await rig.run(45_000);
  const tries = rig.logs.filter(({ message }) => /: create /.test(message)).length;
  await rig.run(5_000);
  expect(rig.logs.filter(({ message }) => /: create /.test(message))).toHaveLength(tries);
  mend();
  expect(await reconfigure(rig)).toEqual({ outcome: 'ok' });
  expect(rig.truth().maps[uuidOfWwid(A)]?.paths).toHaveLength(2);
});

test('what the kernel refuses while a reconfigure is done is tried at once, too', async () => {
  const rig = createRig(configured({ user_friendly_names: false }));
  rig.simulator.faults.add({
    operations: ['create'],
    devices: null,
    outcome: { kind: 'halfway', ms: 500 },
    times: null,
    probability: 1,
  });
  addSan(rig, 1, 2);
  rig.simulator.admin.claim('sda', true);
  await rig.runtime.start();
  const tries = (): number => rig.logs.filter(({ message }) => /: create /.test(message)).length;
  // By then the pauses are of several seconds.
  while (tries() < 7) await rig.run(10);
  void rig.runtime.submit({ kind: 'reconfigure' });
  await rig.run(550);
  rig.simulator.admin.claim('sda', false);
  await rig.run(1_500);
  expect(rig.truth().maps[uuidOfWwid(A)]?.paths).toHaveLength(2);
});
