/** Why an operation on the kernel or a file did not work. Plain data, so that it can be journalled. */
export interface Failure {
  /** Stable, for programs: see {@link FailureCode}. */
  code: FailureCode;
  /** The operation that failed, in the field's words: `DM_TABLE_STATUS`, `read`, `SG_IO`. */
  operation: string;
  /** The device or file of the operation. */
  device: string;
  /** The name of the kernel's errno (`ENOMEM`), or null if the kernel was not asked. */
  errno: string | null;
  /** Anything else worth a line in the log. */
  detail?: string;
}

export type FailureCode =
  /** The kernel or the file system answered with {@link Failure.errno}. */
  | 'KERNEL_ERROR'
  /** No answer within the time allowed. */
  | 'TIMED_OUT'
  /** The answer was about another device than the question. */
  | 'WRONG_DEVICE'
  /** The answer could not be understood. */
  | 'MALFORMED'
  /** The disk answered that no logical unit is behind its number. */
  | 'NO_LUN'
  /** mpathd itself refused the operation before it asked the kernel. */
  | 'REFUSED';

/** An answer, or why there is none. An answer says that a device is absent only if its type can express this. */
export type Reading<T> = { ok: true; value: T } | { ok: false; failure: Failure };

/** `true` for the errnos by which the kernel says that a device does not exist, if it was asked for by identity. */
export function saysAbsent(failure: Failure): boolean {
  return (
    failure.code === 'KERNEL_ERROR' &&
    (failure.errno === 'ENXIO' || failure.errno === 'ENOENT' || failure.errno === 'ENODEV')
  );
}

/** One line for logs and replies: `DM_TABLE_STATUS mpath-x: ENOMEM`. */
export function describeFailure(f: Failure): string {
  const cause = f.errno ?? f.code;
  return `${f.operation} ${f.device}: ${cause}${f.detail === undefined ? '' : ` (${f.detail})`}`;
}

/** A {@link Failure} as an exception, for code at the edge that throws. */
export class MpathdError extends Error {
  constructor(
    readonly failure: Failure,
    hint?: string,
  ) {
    super(describeFailure(failure) + (hint === undefined ? '' : `; ${hint}`));
    this.name = 'MpathdError';
  }
}
