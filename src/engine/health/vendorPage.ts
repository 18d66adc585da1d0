/**
 * The name of a LUN in the array's own VPD page, if `vpd_vendor` names this page (wildcard `%g`). The engine decides
 * nothing by it.
 */
import { describeFailure } from '../../model/failure';
import type { Path } from '../../model/path';
import { nameInHp3parPage } from '../../policy/vendorPage';
import { type CoreContext, log } from '../core/core';
import { requestDisk } from '../core/questions';
import { pathSettings } from '../settings/pathSettings';
import type { SettingsContext } from '../settings/state';
import type { Answer, HealthRule } from './rule';

/**
 * Called after a check that found the path usable. Asks for the page once, and again when another LUN may be behind the
 * path.
 */
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

/**
 * The page as hex; the disk was asked at input `asked`. A LUN without the page is not asked again for the same reason.
 */
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
