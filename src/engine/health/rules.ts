/**
 * All rules about the health of paths, in the order in which they have their turn: a new one is a line here, and a file
 * beside. Of the checks themselves, on which they rest, checks.ts has all.
 */
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import { diskAnswered } from '../core/questions';
import type { Input } from '../protocol';
import type { SettingsContext } from '../settings/state';
import { FLAPPING } from './flapping';
import { LUN_IDENTITY } from './lunIdentity';
import { PRIORITIES } from './priorities';
import type { HealthRule, Hindrance } from './rule';
import { VENDOR_PAGE } from './vendorPage';

const RULES: readonly HealthRule[] = [LUN_IDENTITY, FLAPPING, VENDOR_PAGE, PRIORITIES];

export function noteUsable(ctx: SettingsContext, path: Path): void {
  for (const rule of RULES) rule.onUsable?.(ctx, path);
}

export function noteFailed(ctx: SettingsContext, path: Path, map: MultipathMap | undefined): void {
  for (const rule of RULES) rule.onFailed?.(ctx, path, map);
}

export function noteRevived(ctx: SettingsContext, path: Path): void {
  for (const rule of RULES) rule.onRevived?.(ctx, path);
}

/** The first of what keeps the path from I/O that it does not get already. */
export function hindranceOf(ctx: SettingsContext, path: Path): Hindrance | null {
  for (const rule of RULES) {
    const hindrance = rule.hindrance?.(ctx, path) ?? null;
    if (hindrance !== null) return hindrance;
  }
  return null;
}

/** Why I/O that the path gets is to end. */
export function stopOf(ctx: SettingsContext, path: Path): string | null {
  for (const rule of RULES) {
    const why = rule.stop?.(ctx, path) ?? null;
    if (why !== null) return why;
  }
  return null;
}

export function factsOf(ctx: SettingsContext, path: Path): Array<[label: string, text: string]> {
  return RULES.flatMap((rule) => rule.facts?.(ctx, path) ?? []);
}

type DiskAnswer = Extract<Input, { type: 'disk-answered' }>;

export function onDiskAnswered(ctx: SettingsContext, { question, path: key, asked, reading }: DiskAnswer): void {
  const again = diskAnswered(ctx, question, key);
  const path = ctx.store.paths.get(key);
  if (path === undefined) return;
  const rule = RULES.find((one) => one.asks?.(question) === true);
  rule?.onAnswer?.(ctx, path, { question, asked, reading, again });
}
