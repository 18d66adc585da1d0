/** The files of a planned reconfigure. They are read once, and nothing is written to them. */
import { chooseAlias, namesTaken, type Binding } from '../../config/bindings';
import type { Reading } from '../../model/failure';
import type { Effect, InputBody } from '../protocol';
import type { Files } from '../commands/reconfigure';
import type { Answering } from './dryKernel';

type BindAlias = Extract<Effect, { type: 'bind-alias' }>;

/** A new alias is kept for the next maps, as the file would keep it. */
export function createDryFiles(files: Files): Answering {
  let bindings = files.bindings;

  const bind = (order: BindAlias): Reading<{ alias: string | null; bindings: Binding[] }> => {
    if (!bindings.ok) return bindings;
    const choice = chooseAlias({ ...order, bindings: bindings.value, dmNames: namesTaken(order) });
    bindings = { ok: true, value: choice.bindings };
    return { ok: true, value: { alias: choice.alias, bindings: choice.bindings } };
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
