/** The settings of paths and maps, each with where it comes from. */
import type { Setting, SettingValues } from '../../config/settings';
import type { Checker } from '../../model/facts';
import type { NoPathRetry } from '../../model/map';
import type { Grouping } from '../../policy/grouping';
import type { Prioritizer } from '../../policy/prioritizers/prioritizers';

/** Of a path, with detection. */
export interface PathSettings {
  prioritizer: Setting<Prioritizer>;
  checker: Setting<Checker>;
  /** ms */
  checkTimeoutMs: Setting<number>;
  vpdVendor: Setting<'hp3par' | null>;
}

/** Of a map, with detection. */
export interface MapSettings {
  grouping: Setting<Grouping>;
  selector: Setting<string>;
  /** `2 pg_init_retries 50`; never with `queue_if_no_path`. */
  features: Setting<string>;
  /** Words without their count. */
  handler: Setting<string[]>;
  minIo: Setting<number>;
  rrWeight: Setting<SettingValues['rr_weight']>;
  noPathRetry: Setting<NoPathRetry>;
  failback: Setting<SettingValues['failback']>;
  flushOnLastDel: Setting<SettingValues['flush_on_last_del']>;
  skipKpartx: Setting<boolean>;
}
