/**
 * Hints of the network and FC transports. The paths that may use what has changed are checked at once. A hint fails,
 * reinstates and removes nothing: the check decides.
 */
import type { Path } from '../../model/path';
import type { TransportHint } from '../../model/transportHint';
import { log } from '../core/core';
import { checkSoon } from './checks';
import type { HealthContext, HintScope } from './state';

/** Shortest time between two passes, ms, for a link that flaps. */
const PASS_MS = 1_000;
const WORDS_KEPT = 3;

/**
 * It is not known in general which interface a session uses. So each path with one of these protocols may use any
 * interface.
 */
const NETWORK_PROTOCOLS: ReadonlySet<string> = new Set(['scsi:iscsi', 'nvme:tcp', 'nvme:rdma']);

export function onTransportHint(ctx: HealthContext, hint: TransportHint): void {
  switch (hint.kind) {
    case 'link':
    case 'address':
      return note(ctx, 'network', wordsOf(hint));
    case 'fc':
      ctx.hints.hosts.add(hint.hostNo);
      return note(ctx, 'fc', wordsOf(hint));
    case 'missed':
      ctx.hints.allHosts = true;
      note(ctx, 'fc', wordsOf(hint));
      return note(ctx, 'network', wordsOf(hint));
  }
}

function note(ctx: HealthContext, scope: HintScope, words: string): void {
  const said = ctx.hints.said[scope];
  said.count += 1;
  if (said.words.length < WORDS_KEPT) said.words.push(words);
  ctx.timers.setSooner(`hint ${scope}`, Math.max(ctx.store.now, ctx.hints.notBefore[scope]));
}

/** Checks the paths of a transport, as the time for a pass has come. */
export function onHintDue(ctx: HealthContext, subject: string): void {
  if (subject !== 'network' && subject !== 'fc') return;
  ctx.hints.notBefore[subject] = ctx.store.now + PASS_MS;
  let checked = 0;
  for (const path of ctx.store.paths.values()) {
    if (!mayGoOver(ctx, subject, path) || path.init === 'excluded') continue;
    ctx.hints.asked.set(path, ctx.seq);
    checkSoon(ctx, path);
    checked += 1;
  }
  tell(ctx, subject, checked);
  if (subject === 'fc') {
    ctx.hints.hosts.clear();
    ctx.hints.allHosts = false;
  }
}

function mayGoOver(ctx: HealthContext, scope: HintScope, path: Path): boolean {
  if (path.facts === null) return false;
  const { transport, hcil } = path.facts;
  if (scope === 'network') return NETWORK_PROTOCOLS.has(transport.protocol);
  // NVMe has no SCSI host, and an FC adapter serves both SCSI and NVMe.
  if (transport.protocol === 'nvme:fc') return true;
  if (hcil === null) return false;
  // A message has room for 16 bits of the host's number (struct fc_nl_event).
  return ctx.hints.allHosts
    ? transport.protocol === 'scsi:fcp'
    : ctx.hints.hosts.has(Number.parseInt(hcil, 10) & 0xffff);
}

function tell(ctx: HealthContext, scope: HintScope, checked: number): void {
  const said = ctx.hints.said[scope];
  const more = said.count - said.words.length;
  const what = said.words.join('; ') + (more > 0 ? `; and ${more} more` : '');
  // Containers come and go also on machines that have no such path.
  log(ctx, checked > 0 ? 'notice' : 'debug', `transport: ${what}: ${checked} paths are checked now`);
  said.words.length = 0;
  said.count = 0;
}

/** Checks the path again after a check during which a hint came. */
export function recheckIfHinted(ctx: HealthContext, path: Path): void {
  if (path.check.begunAt < (ctx.hints.asked.get(path) ?? 0)) checkSoon(ctx, path);
}

function wordsOf(hint: TransportHint): string {
  switch (hint.kind) {
    case 'link':
      return `${hint.ifname} ${hint.carrier ? 'can carry traffic' : 'carries no traffic'} (${hint.operstate})`;
    case 'address':
      return `${hint.ifname} has ${hint.present ? 'got' : 'lost'} the address ${hint.address}`;
    case 'fc':
      return `FC host${hint.hostNo}: ${hint.event}${hint.data === null ? '' : ` 0x${hint.data.toString(16).padStart(6, '0')}`}`;
    case 'missed':
      return 'events may have been missed';
  }
}
