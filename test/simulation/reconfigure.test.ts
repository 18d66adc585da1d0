import { memoryFile, type TextFile } from '../../src/daemon/bindingsStore';
import { uuidOfWwid } from '../../src/model/identity';
import { addSan, bindingsOf, createBench, wwidOf, type Bench } from './bench';

const [A, B] = [wwidOf(1), wwidOf(2)];

const write = (file: TextFile, ...lines: string[]): Promise<unknown> => file.update(() => [...lines, ''].join('\n'));

async function startWithFile(file: TextFile): Promise<Bench> {
  await write(file, `mpatha ${A}`, `mpathb ${B}`);
  const bench = createBench({ bindings: bindingsOf(file) });
  // LUN 1 is sda, sdc, sde.
  addSan(bench, 2, 3);
  await bench.runtime.start();
  await bench.run(2_000);
  return bench;
}

const reconfigure = async (bench: Bench): Promise<unknown> => {
  const answer = bench.runtime.submit({ kind: 'reconfigure' });
  await bench.run(3_000);
  return answer;
};

const namesInKernel = (bench: Bench): Record<string, string | undefined> => {
  const { maps } = bench.truth();
  return { a: maps[uuidOfWwid(A)]?.name, b: maps[uuidOfWwid(B)]?.name };
};

test("maps get the names that the bindings file has now, two of them each other's", async () => {
  const file = memoryFile();
  const bench = await startWithFile(file);
  expect(namesInKernel(bench)).toEqual({ a: 'mpatha', b: 'mpathb' });
  await write(file, `mpathb ${A}`, `mpatha ${B}`);
  await bench.run(60_000);
  expect(namesInKernel(bench)).toEqual({ a: 'mpatha', b: 'mpathb' });
  expect(await reconfigure(bench)).toEqual({ outcome: 'ok' });
  expect(namesInKernel(bench)).toEqual({ a: 'mpathb', b: 'mpatha' });
  expect(bench.view()).toEqual(bench.truth());
});

test('of two names of one LUN it keeps the one that its map has', async () => {
  const file = memoryFile();
  const bench = await startWithFile(file);
  await write(file, `mpatha ${A}`, `mpathb ${B}`, `mpatha0 ${A}`, `mpath0 ${B}`);
  await reconfigure(bench);
  expect(namesInKernel(bench)).toEqual({ a: 'mpatha', b: 'mpathb' });
});

test('a map of which nothing is written keeps its name', async () => {
  const file = memoryFile();
  const bench = await startWithFile(file);
  await write(file, `mpathq ${B}`);
  await reconfigure(bench);
  expect(namesInKernel(bench)).toEqual({ a: 'mpatha', b: 'mpathq' });
  const text = await file.read();
  expect(text.ok && text.value).toContain(`mpatha ${A}`);
});

test('a file that cannot be read changes no name, and is told; the resync is made all the same', async () => {
  const file = memoryFile();
  const failing: TextFile = { ...file };
  const bench = await startWithFile(failing);
  failing.read = () =>
    Promise.resolve({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'read', device: '/etc/multipath/bindings', errno: 'EIO' },
    });
  const { resyncs } = bench.runtime.tables.truth;
  expect(await reconfigure(bench)).toEqual({ outcome: 'ok' });
  expect(bench.runtime.tables.truth.resyncs).toBe(resyncs + 1);
  expect(namesInKernel(bench)).toEqual({ a: 'mpatha', b: 'mpathb' });
  expect(bench.logs).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: expect.stringContaining('/etc/multipath/bindings: EIO') as string,
    }),
  );
});

test("what was taken out on purpose is taken in again: a path, a map, and a path left out by another's reload", async () => {
  const bench = await startWithFile(memoryFile());
  const whole = bench.truth();
  void bench.runtime.submit({ kind: 'del-map', map: 'mpathb' });
  await bench.run(1_000);
  void bench.runtime.submit({ kind: 'del-path', path: 'sdc' });
  bench.simulator.admin.reloadMap('mpatha', {
    type: 'multipath',
    sizeSectors: 16384,
    readOnly: false,
    params: '0 1 alua 1 1 service-time 0 1 1 8:0 1',
  });
  await bench.run(30_000);
  expect(Object.keys(bench.truth().maps)).toEqual([uuidOfWwid(A)]);
  await reconfigure(bench);
  expect(bench.truth()).toEqual({
    ...whole,
    maps: { ...whole.maps, [uuidOfWwid(B)]: { ...whole.maps[uuidOfWwid(B)], devt: expect.any(String) as string } },
  });
  expect(bench.view()).toEqual(bench.truth());
});

test('asked for while the daemon still looks for the first time, it is done afterwards', async () => {
  const file = memoryFile();
  const bench = createBench({
    bindings: bindingsOf(file),
    simulator: { latency: { operationMs: 100, answerMs: 100 } },
  });
  addSan(bench, 2, 2);
  await bench.runtime.start();
  await write(file, `mpathx ${A}`, `mpathy ${B}`);
  expect(await reconfigure(bench)).toEqual({ outcome: 'ok' });
  await bench.run(5_000);
  expect(namesInKernel(bench)).toEqual({ a: 'mpathx', b: 'mpathy' });
});
