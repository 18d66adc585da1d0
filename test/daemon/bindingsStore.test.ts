import { formatAlias } from '../../src/config/bindings';
import { createBindingsStore, memoryFile, type TextFile } from '../../src/daemon/bindingsStore';

describe('the bindings store', () => {
  it('binds the next free alias and remembers it', async () => {
    const store = createBindingsStore(memoryFile());
    const order = { currentName: null, dmNames: [], prefix: 'mpath', configured: [] };
    await expect(store.bind({ ...order, wwid: 'A' })).resolves.toMatchObject({ ok: true, value: { alias: 'mpatha' } });
    await expect(store.bind({ ...order, wwid: 'B' })).resolves.toMatchObject({ ok: true, value: { alias: 'mpathb' } });
    await expect(store.bind({ ...order, wwid: 'A' })).resolves.toMatchObject({ ok: true, value: { alias: 'mpatha' } });
    await expect(store.read([])).resolves.toEqual({
      ok: true,
      value: {
        bindings: [
          { alias: 'mpatha', wwid: 'A' },
          { alias: 'mpathb', wwid: 'B' },
        ],
        notes: [],
      },
    });
  });

  it.each(['mpathz', `mpathz ${'w'.repeat(128)}`, 'a/b W'])(
    'leaves a file with the line "%s" as it is, and uses its other lines',
    async (line) => {
      const text = `mpathq A\n${line}\n`;
      const written: Array<string | null> = [];
      const file: TextFile = {
        read: () => Promise.resolve({ ok: true, value: text }),
        update: (transform) => {
          written.push(transform(text));
          return Promise.resolve({ ok: true, value: null });
        },
      };
      const store = createBindingsStore(file);
      const order = { currentName: null, dmNames: [], prefix: 'mpath', configured: [] };
      const bound = await store.bind({ ...order, wwid: 'A' });
      expect(bound).toMatchObject({ ok: true, value: { alias: 'mpathq' } });
      expect(bound.ok && bound.value.notes.join('\n')).toMatch(/^line 2: [^]*correct the bindings file/);
      await expect(store.bind({ ...order, wwid: 'B' })).resolves.toMatchObject({ ok: true, value: { alias: null } });
      await expect(store.bind({ ...order, wwid: 'C', currentName: 'mpathc' })).resolves.toMatchObject({
        ok: true,
        value: { alias: null },
      });
      expect(written).toEqual([null, null, null]);
    },
  );

  it('never gives an alias of a multipath section to another LUN, whatever the file says', async () => {
    const file = memoryFile();
    await file.update(() => `mpatha X\n`);
    const store = createBindingsStore(file);
    const order = {
      currentName: null,
      dmNames: [],
      prefix: 'mpath',
      configured: [
        { alias: 'mpathb', wwid: 'B' },
        { alias: 'mpatha', wwid: 'A' },
      ],
    };
    const read = await store.read(order.configured);
    expect(read).toEqual({
      ok: true,
      value: { bindings: [], notes: [expect.stringMatching(/^line 1: alias "mpatha" belongs to A/)] },
    });
    await expect(store.bind({ ...order, wwid: 'X' })).resolves.toMatchObject({ ok: true, value: { alias: 'mpathc' } });
    await expect(store.bind({ ...order, wwid: 'Y', currentName: 'mpathb' })).resolves.toMatchObject({
      ok: true,
      value: { alias: 'mpathd' },
    });
    const text = await file.read();
    expect(text.ok && text.value.split('\n').slice(-3)).toEqual(['mpathc X', 'mpathd Y', '']);
  });

  it('gives thousands of aliases at once in a time that grows with their number, and not with its square', async () => {
    const seconds = async (count: number): Promise<number> => {
      const file = memoryFile();
      const store = createBindingsStore(file);
      const order = { currentName: null, dmNames: [], prefix: 'mpath', configured: [] };
      const before = process.cpuUsage();
      const answers = await Promise.all(
        Array.from({ length: count }, (_, at) => store.bind({ ...order, wwid: `36${at}` })),
      );
      const { user, system } = process.cpuUsage(before);
      const aliases = answers.map((answer) => (answer.ok ? answer.value.alias : null));
      expect(new Set(aliases).size).toBe(count);
      expect(aliases.at(-1)).toBe(formatAlias(count, 'mpath'));
      return (user + system) / 1e6;
    };
    await seconds(1_000);
    const [few, many] = [await seconds(2_000), await seconds(16_000)];
    expect({ few, many, fine: many < 24 * few || many < 0.5 }).toMatchObject({ fine: true });
  });

  it("passes a file's failure on and binds nothing", async () => {
    const failure = { code: 'KERNEL_ERROR' as const, operation: 'open', device: '/x', errno: 'EROFS' };
    const file: TextFile = {
      read: () => Promise.resolve({ ok: false, failure }),
      update: () => Promise.resolve({ ok: false, failure }),
    };
    const store = createBindingsStore(file);
    await expect(store.read([])).resolves.toEqual({ ok: false, failure });
    await expect(
      store.bind({ wwid: 'A', currentName: null, dmNames: [], prefix: 'mpath', configured: [] }),
    ).resolves.toEqual({ ok: false, failure });
  });
});
