/** The files of a planned reconfigure. They are read once, and nothing is written to them. */
import type { Binding } from '../../config/bindings';
import { createAliasBook, createChooser } from '../../config/chooseAlias';
import type { Reading } from '../../model/failure';
import type { Effect, InputBody } from '../protocol';
import type { Files } from '../commands/reconfigure';
import type { Answering } from './dryKernel';

type BindAlias = Extract<Effect, { type: 'bind-alias' }>;

/** A new alias is kept for the next maps, as the file would keep it. */
export function createDryFiles(files: Files): Answering {
  const { bindings } = files;
  const book = createAliasBook(bindings.ok ? bindings.value : []);
  const choose = createChooser(book, false);

  const bind = (order: BindAlias): Reading<{ alias: string | null; bindings: Binding[] }> => {
    if (!bindings.ok) return bindings;
    const { alias } = choose(order);
    return { ok: true, value: { alias, bindings: book.bindings() } };
  };

  const answer = (effect: Effect): InputBody[] => {
    switch (effect.type) {
      case 'read-configuration':
        return [
          {
            type: 'configuration-read',
            request: effect.request,
            all: effect.all,
            ...files,
            configuration: { ok: true, value: files.configuration },
          },
        ];
      case 'bind-alias':
        return [{ type: 'alias-bound', id: effect.id, wwid: effect.wwid, reading: bind(effect) }];
      case 'record-wwid':
        return [{ type: 'wwid-recorded', wwid: effect.wwid, reading: { ok: true, value: true } }];
      default:
        return [];
    }
  };
  return { answer };
}
