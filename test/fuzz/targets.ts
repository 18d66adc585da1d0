/** All targets, for the unit tests and for scripts/fuzz. */
import type { FuzzTarget } from './target';
import { bindings, conf, pattern, wwids } from './targets/config';
import { framing, grammar } from './targets/ipc';
import { names, netlink, udevRecord } from './targets/kernel';
import { table, vpd } from './targets/policy';
import { journal, scenario } from './targets/saved';

export const TARGETS: readonly FuzzTarget[] = [
  vpd,
  table,
  udevRecord,
  names,
  netlink,
  framing,
  grammar,
  conf,
  pattern,
  bindings,
  wwids,
  journal,
  scenario,
];
