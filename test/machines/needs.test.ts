import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { machineFor, type Need } from '../vm/needs';
import { memoryDirectory } from '../vm/uml';

const VM = resolve(__dirname, '..', 'vm');

test.each<{ needs: readonly Need[]; wanted?: string; machine: string }>([
  { needs: [], machine: 'uml' },
  { needs: ['alua'], machine: 'qemu' },
  { needs: ['devices', 'realtime'], machine: 'qemu' },
  { needs: [], wanted: 'qemu', machine: 'qemu' },
  { needs: [], wanted: 'uml', machine: 'uml' },
  { needs: [], wanted: '', machine: 'uml' },
])(
  'a scenario that needs $needs, with MPATHD_VM_MACHINE=$wanted, runs under $machine',
  ({ needs, wanted, machine }) => {
    expect(machineFor(needs, wanted)).toBe(machine);
  },
);

test('User Mode Linux is refused for a scenario that needs more, with the reason', () => {
  expect(() => machineFor(['alua'], 'uml')).toThrow('alua (its kernel has no scsi_dh_alua)');
});

test('an unknown machine is refused', () => {
  expect(() => machineFor([], 'kvm')).toThrow('MPATHD_VM_MACHINE is kvm: uml or qemu is meant');
});

describe('the memory of a guest under User Mode Linux', () => {
  test('is a file in /dev/shm if there is room', () => {
    expect(memoryDirectory('/nowhere', 1024, () => 1024 * 1024 * 1024)).toBe('/dev/shm');
  });

  test('is a file beside its disk if /dev/shm is full, and the log says so', () => {
    const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const directory = memoryDirectory('/tmp', 1024, () => 1024 * 1024 * 1024 - 1);
    expect(said.mock.calls.flat().join('')).toContain('/dev/shm has no 1024 MiB left');
    expect(directory).toBe('/tmp/memory');
    said.mockRestore();
  });
});

describe('test/vm/README.md', () => {
  /** The rows `| file | machine | seconds | what |` of the document. */
  const listed = new Map(
    [...readFileSync(join(VM, 'README.md'), 'utf8').matchAll(/^\| `(\w+)` \| (User Mode Linux|QEMU)[^|]* \|/gm)].map(
      ([, file, machine]) => [file ?? '', machine ?? ''],
    ),
  );
  const files = readdirSync(VM)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => basename(name, '.test.ts'));

  test('lists every file of scenarios', () => {
    expect([...listed.keys()].sort()).toEqual([...files].sort());
  });

  test.each(files)('%s: on the machine that the document names', (file) => {
    const text = readFileSync(join(VM, `${file}.test.ts`), 'utf8');
    const needs = /needs: \[([^\]]*)\]/.exec(text)?.[1];
    const machine = /test\w+\('(uml|qemu)'\)/.exec(text)?.[1] ?? (needs === undefined ? 'uml' : 'qemu');
    expect(listed.get(file)).toBe({ uml: 'User Mode Linux', qemu: 'QEMU' }[machine]);
  });
});
