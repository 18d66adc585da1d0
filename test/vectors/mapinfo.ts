import { judgeMap, type MapAnswer, type MapDemands } from '../../src/policy/mapinfo';
import { flag, list, optional, record, text, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

function answerOf(c: VectorCase): MapAnswer {
  if (!flag(c['run_ok'])) return { ok: false, errno: text(c['errno']) };
  if (!flag(c['info_ok'])) return { ok: true, description: null };
  const targets = optional(c['targets'], list);
  return {
    ok: true,
    description: {
      exists: flag(c['exists']),
      uuid: optional(c['uuid'], text),
      targets: targets?.map((target) => ({ type: text(record(target)['type']) })) ?? null,
    },
  };
}

const FLAGS: Record<string, MapDemands> = {
  check_uuid: { multipathUuid: true },
  mpath_only: { targetType: 'multipath' },
  part_only: { targetType: 'linear' },
};

export const mapinfo: VectorRunner = {
  file: 'mapinfo',
  run(c): VectorOutcome {
    let demands: MapDemands = {};
    for (const name of list(c['flags']).map(text)) {
      const demand = FLAGS[name];
      if (demand === undefined) return { unsupported: `flag ${name}` };
      demands = { ...demands, ...demand };
    }
    expect(judgeMap(answerOf(c), demands)).toBe(c['result']);
    return 'passed';
  },
};
