import {
  bestGroup,
  groupPaths,
  groupPriority,
  isMarginal,
  type GroupMember,
  type Grouping,
} from '../../src/policy/grouping';
import {
  flag,
  list,
  number,
  optional,
  record,
  text,
  type VectorCase,
  type VectorOutcome,
  type VectorRunner,
} from './runner';

const POLICIES: readonly Grouping[] = [
  'failover',
  'multibus',
  'group_by_serial',
  'group_by_prio',
  'group_by_node_name',
  'group_by_tpg',
];

interface Member extends GroupMember {
  dev: string;
}

function policyOf(value: unknown): Grouping {
  const policy = POLICIES.find((name) => name === value);
  if (policy === undefined) throw new TypeError(`vector: no policy ${String(value)}`);
  return policy;
}

function member(value: unknown): Member {
  const fields = record(value);
  return {
    dev: text(fields['dev']),
    priority: number(fields['prio']),
    usable: ['up', 'ghost'].includes(text(fields['state'])),
    marginal: flag(fields['marginal']),
    serial: text(fields['serial']),
    nodeName: text(fields['node_name']),
    tpg: number(fields['tpg_id']),
  };
}

export const pgpolicy: VectorRunner = {
  file: 'pgpolicy',
  run(c: VectorCase): VectorOutcome {
    const groups = groupPaths(list(c['paths']).map(member), policyOf(c['policy']), flag(c['marginal_pathgroups']));
    const told = groups.map((group) => ({
      paths: group.map(({ dev }) => dev),
      prio: groupPriority(group),
      marginal: isMarginal(group),
      enabled_paths: group.filter(({ usable }) => usable).length,
    }));
    expect(told).toEqual(c['groups']);
    const best = optional(c['bestpg'], number);
    if (best !== null) expect(bestGroup(groups)).toBe(best);
    return 'passed';
  },
};
