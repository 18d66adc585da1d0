import { createBindingsStore, memoryFile, type TextFile } from '../../src/daemon/bindingsStore';

describe('the bindings store', () => {
  it('binds the next free alias and remembers it', async () => {
    const store = createBindingsStore(memoryFile());
    const order = { currentName: null, dmNames: [], prefix: 'mpath' };
    await expect(store.bind({ ...order, wwid: 'A' })).resolves.toMatchObject({ ok: true, value: { alias: 'mpatha' } });
    await expect(store.bind({ ...order, wwid: 'B' })).resolves.toMatchObject({ ok: true, value: { alias: 'mpathb' } });
    await expect(store.bind({ ...order, wwid: 'A' })).resolves.toMatchObject({ ok: true, value: { alias: 'mpatha' } });
    await expect(store.read()).resolves.toEqual({ ok: true, value: [{ alias: 'mpatha', wwid: 'A' }, { alias: 'mpathb', wwid: 'B' }] });
  });

  it.each(['mpathz', `mpathz ${'w'.repeat(128)}`, 'a/b W'])('leaves a file with the line "%s" as it is, and goes by its other lines', async (line) => {
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
    const order = { currentName: null, dmNames: [], prefix: 'mpath' };
    const bound = await store.bind({ ...order, wwid: 'A' });
    expect(bound).toMatchObject({ ok: true, value: { alias: 'mpathq' } });
    expect(bound.ok && bound.value.notes.join('\n')).toMatch(/^line 2: [^]*put the bindings file right/);
    await expect(store.bind({ ...order, wwid: 'B' })).resolves.toMatchObject({ ok: true, value: { alias: null } });
    await expect(store.bind({ ...order, wwid: 'C', currentName: 'mpathc' })).resolves.toMatchObject({ ok: true, value: { alias: null } });
    expect(written).toEqual([null, null, null]);
  });

  it('passes a file\'s failure on and binds nothing', async () => {
    const failure = { code: 'KERNEL_ERROR' as const, operation: 'open', device: '/x', errno: 'EROFS' };
    const file: TextFile = { read: () => Promise.resolve({ ok: false, failure }), update: () => Promise.resolve({ ok: false, failure }) };
    const store = createBindingsStore(file);
    await expect(store.read()).resolves.toEqual({ ok: false, failure });
    await expect(store.bind({ wwid: 'A', currentName: null, dmNames: [], prefix: 'mpath' })).resolves.toEqual({ ok: false, failure });
  });
});
