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

  it('passes a file\'s failure on and binds nothing', async () => {
    const failure = { code: 'KERNEL_ERROR' as const, operation: 'open', device: '/x', errno: 'EROFS' };
    const file: TextFile = { read: () => Promise.resolve({ ok: false, failure }), update: () => Promise.resolve({ ok: false, failure }) };
    const store = createBindingsStore(file);
    await expect(store.read()).resolves.toEqual({ ok: false, failure });
    await expect(store.bind({ wwid: 'A', currentName: null, dmNames: [], prefix: 'mpath' })).resolves.toEqual({ ok: false, failure });
  });
});
