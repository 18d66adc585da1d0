/** Which values of the configuration are secrets, and who may see them. */
import type { Keyword } from './settings';

/** Keywords whose values in files only root may see: the arguments of a prioritizer can be credentials. */
export const ROOT_ONLY: readonly Keyword[] = ['prio_args'];

/**
 * Keywords whose values no finding quotes. Anybody who has a reservation key can take a LUN away; the parser does not
 * even keep it, so there is nothing to show.
 */
export const SECRET_KEYWORDS: readonly Keyword[] = ['reservation_key', ...ROOT_ONLY];

/** For whom something is shown: for root, or for all users. */
export type Viewer = 'root' | 'all';
