import { formatWwids, type TextPatch } from '../../src/config/wwids';
import { createWwidsStore, memoryWwids, type SharedFile, type WwidsStore } from '../../src/daemon/wwidsStore';
import type { Failure } from '../../src/model/failure';

interface Memory extends SharedFile {
  text: string;
  edits: number;
}

function memory(text = ''): Memory {
  const done = Promise.resolve({ ok: true as const, value: null });
  const file: Memory = {
    text,
    edits: 0,
    read: () => Promise.resolve({ ok: true, value: file.text }),
    update: (transform) => {
      file.text = transform(file.text) ?? file.text;
      return done;
    },
    edit: (change) => {
      file.edits += 1;
      const write = (old: string, { at, text: fresh }: TextPatch): string =>
        old.slice(0, at) + fresh + old.slice(at + fresh.length);
      file.text = change(file.text).reduce(write, file.text);
      return done;
    },
  };
  return file;
}

const value = <T>(of: T): object => ({ ok: true, value: of });

describe.each<[string, () => WwidsStore]>([
  ['in memory', memoryWwids],
  ['in a file', () => createWwidsStore(memory())],
])('WWIDs %s', (_, create) => {
  test('are added once, removed, and replaced', async () => {
    const store = create();
    expect(await store.read()).toEqual(value([]));
    expect(await store.add('3600')).toEqual(value(true));
    expect(await store.add('3601')).toEqual(value(true));
    expect(await store.add('3600')).toEqual(value(false));
    expect(await store.read()).toEqual(value(['3600', '3601']));
    expect(await store.remove('3600')).toEqual(value(true));
    expect(await store.remove('3600')).toEqual(value(false));
    expect(await store.read()).toEqual(value(['3601']));
    expect(await store.replace(['3602'])).toEqual(value(null));
    expect(await store.read()).toEqual(value(['3602']));
  });
});

test('WWIDs that come together are written together, and each answer says whether the WWID was new', async () => {
  const file = memory(formatWwids(['3601']));
  const store = createWwidsStore(file);
  const answers = await Promise.all(['3600', '3601', '3602', '3600'].map((wwid) => store.add(wwid)));
  expect(answers).toEqual([value(true), value(false), value(true), value(false)]);
  expect(file.text).toBe(formatWwids(['3601', '3600', '3602']));
  expect(file.edits).toBe(1);
});

test('a WWID that the file cannot hold is refused, and the others are written', async () => {
  const file = memory();
  const store = createWwidsStore(file);
  const refused = { ok: false, failure: { code: 'REFUSED', detail: '"36/00" cannot stand in it' } };
  const answers = await Promise.all([store.add('36/00'), store.add('3600')]);
  expect(answers).toMatchObject([refused, value(true)]);
  expect(await store.replace(['36/00'])).toMatchObject(refused);
  expect(file.text).toBe(formatWwids(['3600']));
});

test('a failure of the file fails all orders that wait for it', async () => {
  const failure: Failure = { code: 'KERNEL_ERROR', operation: 'write', device: '/x', errno: 'ENOSPC' };
  const failed = { ok: false, failure } as const;
  const fails = (): Promise<typeof failed> => Promise.resolve(failed);
  const store = createWwidsStore({ read: fails, update: fails, edit: fails });
  const answers = [store.read(), store.add('3600'), store.add('3601'), store.remove('3600'), store.replace([])];
  for (const answer of answers) expect(await answer).toEqual(failed);
});
