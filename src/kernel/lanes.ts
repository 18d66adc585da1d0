/** The threads for one kind of calls that may hang (native/lanes.h). */
export type { LaneInfo } from '../../native/mpathd';
