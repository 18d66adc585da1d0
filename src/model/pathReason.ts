/** Why a path is not where it could be: excluded, without a WWID, or held out of its map. */

/** What code goes by. */
export type PathReasonKind =
  /** It can be no path: a partition, a device of device-mapper, an empty drive. */
  | 'no-path'
  /** A USB disk, and `allow_usb_devices` is no. */
  | 'usb'
  /** The kernel multipaths it itself (native NVMe multipath). */
  | 'hidden'
  | 'blacklisted'
  /** udev's record is waited for. */
  | 'awaits-udev'
  | 'no-wwid'
  /** Its disk answers as another LUN than the kernel takes it for. */
  | 'other-lun'
  /** Its WWID is also that of other paths, and by its own word its disk is another LUN than theirs. */
  | 'contradiction'
  /** Somebody else's reload of its map left it out. */
  | 'left-out'
  /** Another device of device-mapper has it, or a member of its map must be read first. */
  | 'held'
  /** Its size is not that of its map, or of the other paths. */
  | 'size'
  /** `find_multipaths` wants no map of its LUN. */
  | 'not-wanted'
  /** The kernel refused the map of its LUN. */
  | 'no-map';

export interface PathReason {
  readonly kind: PathReasonKind;
  /** What people read, in the log and from clients. */
  readonly text: string;
}
