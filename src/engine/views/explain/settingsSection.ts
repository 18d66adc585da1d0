/** The settings in force for a path and its map, without those that have their default. */
import { MAP_KEYWORDS, PATH_KEYWORDS } from '../../../config/defaults';
import { deviceIdentityOf } from '../../../config/device';
import { mapSetting, pathSetting } from '../../../config/effective';
import { describeOrigin } from '../../../config/origin';
import type { Setting } from '../../../config/settings';
import type { Wwid } from '../../../model/identity';
import type { Path } from '../../../model/path';
import type { SettingsContext } from '../../settings/state';
import { fact, type Fact, type Section } from './explanation';

export function settingsSection(ctx: SettingsContext, wwid: Wwid | null, path: Path | null): Section[] {
  const device = path?.facts == null ? null : deviceIdentityOf(path.facts);
  const facts: Fact[] = [];
  const note = (keyword: string, { value, origin }: Setting<unknown>): void => {
    if (origin.from !== 'default' && value !== null) facts.push(fact(keyword, wordOf(value), describeOrigin(origin)));
  };
  if (device !== null)
    for (const keyword of PATH_KEYWORDS) note(keyword, pathSetting(ctx.configuration, device, keyword, wwid));
  if (wwid !== null)
    for (const keyword of MAP_KEYWORDS) note(keyword, mapSetting(ctx.configuration, device, wwid, keyword));
  return [
    {
      title: 'settings that are not the default',
      facts: facts.length === 0 ? [fact('none', 'all are the defaults')] : facts,
    },
  ];
}

function wordOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? `"${value}"` : String(value);
}
