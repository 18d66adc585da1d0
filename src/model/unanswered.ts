/** A call that has not come back, for `status` and for messages. */
export interface UnansweredCall {
  /** What was asked, in the words of {@link Failure}. */
  operation: string;
  /** The device, the map or the file. */
  device: string;
  ageMs: number;
}
