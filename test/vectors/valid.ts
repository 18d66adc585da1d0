import { isValidPath, type Answer, type Probe, type UdevQuestion } from '../../src/config/validPath';
import type { FindMultipaths } from '../../src/config/settings';
import { flag, optional, text, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

const MODES: readonly string[] = ['off', 'on', 'strict', 'greedy', 'smart'];
const WWID = '3600';

function isMode(mode: string): mode is FindMultipaths {
  return MODES.includes(mode);
}

const known = <T>(value: T): Answer<T> => ({ known: true, value });
const unknown = { known: false, reason: 'unreadable' } as const;

function probeOf(c: VectorCase): Probe {
  switch (text(c['pathinfo'])) {
    case 'ok':
      return { kind: 'ok', wwid: flag(c['wwid_nonempty']) ? WWID : null };
    case 'skipped':
      return { kind: 'skipped', reason: 'blacklisted' };
    default:
      return { kind: 'failed', reason: 'failed' };
  }
}

function questionOf(c: VectorCase, mode: FindMultipaths): UdevQuestion {
  const marker = text(c['failed_wwid_marker']);
  const held = flag(c['held_by_mpath_map']);
  return {
    mode,
    holder: held && !flag(c['holder_wwid_readable']) ? unknown : known(held ? WWID : null),
    // A full backlog shows a running daemon.
    daemonRuns: flag(c['check_multipathd']) ? text(c['multipathd']) !== 'not_running' : null,
    devtype: optional(c['devtype'], text),
    probe: probeOf(c),
    failedBefore: marker === 'error' ? unknown : known(marker === 'yes'),
    usedBy: known(flag(c['device_in_use']) ? 'mounted' : null),
    listed: known(flag(c['in_wwids_file'])),
    mapExists: known(flag(c['map_with_wwid_exists'])),
  };
}

function resultOf(question: UdevQuestion): string {
  const verdict = isValidPath(question);
  switch (verdict.verdict) {
    case 'valid':
      return verdict.final ? 'valid_no_check' : 'valid';
    case 'maybe':
      return 'maybe_valid';
    case 'not valid':
      return 'not_valid';
    case 'error':
      return 'error';
  }
}

export const valid: VectorRunner = {
  file: 'valid',
  run(c): VectorOutcome {
    const mode = text(c['find_multipaths']);
    if (!isMode(mode)) return { unsupported: `find_multipaths ${mode}` };
    expect(resultOf(questionOf(c, mode))).toBe(c['result']);
    return 'passed';
  },
};
