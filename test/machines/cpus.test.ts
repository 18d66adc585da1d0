import { allowedCpus, cpuOfWorker, cpusOf } from '../vm/cpus';

test.each([
  { list: '0', cpus: [0] },
  { list: '0-1', cpus: [0, 1] },
  { list: '0-2,5,8-9', cpus: [0, 1, 2, 5, 8, 9] },
])('the list $list names the CPUs $cpus', ({ list, cpus }) => {
  expect(cpusOf(list)).toEqual(cpus);
});

test('this process may run on a CPU at least', () => {
  expect(allowedCpus().length).toBeGreaterThan(0);
});

test.each([
  { worker: 1, cpus: [0, 1], cpu: 0 },
  { worker: 2, cpus: [0, 1], cpu: 1 },
  { worker: 1, cpus: [3], cpu: 3 },
  { worker: 2, cpus: [3], cpu: 3 },
])('worker $worker of a host with the CPUs $cpus has CPU $cpu', ({ worker, cpus, cpu }) => {
  expect(cpuOfWorker(worker, cpus)).toBe(cpu);
});

test('no CPU for a worker is an error', () => {
  expect(() => cpuOfWorker(1, [])).toThrow('no CPU for worker 1 of 0 CPUs');
});
