/**
 * What an array's own VPD page calls a LUN, where `vpd_vendor` names the page (wildcard `%g`). Nothing is decided by
 * it.
 */
import { describeFailure } from '../../model/failure';
import type { Path } from '../../model/path';
import { nameInHp3parPage } from '../../policy/vendorPage';
import { type CoreContext, log } from '../core/core';
import { requestDisk } from '../core/questions';
import { pathSettings } from '../settings/pathSettings';
import type { SettingsContext } from '../settings/state';
import type { Answer, HealthRule } from './rule';

/** After a check that found the path usable: the page is read once, and again when another LUN may be behind it. */
function askVendorPage(ctx: SettingsContext, path: Path): void {
  const settings = path.facts?.bus === 'scsi' ? pathSettings(ctx, path) : null;
  if (settings === null) return;
  if (settings.configured.vpd_vendor.value !== null) {
    if (isOutdated(path)) requestDisk(ctx, path, { question: 'vendor page', timeoutMs: settings.checkTimeoutMs.value });
  } else if (path.vendorPage.asked > 0) {
    path.vendorPage = { name: null, asked: 0 };
  }
}

function isOutdated({ vendorPage, live }: Path): boolean {
  return vendorPage.asked === 0 || vendorPage.asked < Math.max(live.copiedAt, live.doubtedAt);
}

/** The page as hex. A LUN without it is not asked again for the same reason. */
function onPageRead(ctx: CoreContext, path: Path, { asked, reading }: Answer): void {
  const named = reading.ok
    ? nameInHp3parPage(Buffer.from(reading.value, 'hex'))
    : { ok: false as const, why: describeFailure(reading.failure) };
  path.vendorPage = { name: named.ok ? named.name : null, asked };
  ctx.changed.paths.add(path);
  if (!named.ok)
    log(ctx, 'info', `vpd_vendor is hp3par, but page 0xc0 gives no name (${named.why}): %g stays [undef]`, path.name);
}

export const VENDOR_PAGE: HealthRule = {
  onUsable: askVendorPage,
  asks: (question) => question === 'vendor page',
  onAnswer: onPageRead,
};
