/** Reads Node's exceptions by their fields. `instanceof` fails in tests, whose realm has its own classes. */

function field(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

/** The errno name of a failed system call, null for any other exception. */
export function errnoOf(error: unknown): string | null {
  const code = field(error, 'code');
  return typeof code === 'string' && typeof field(error, 'syscall') === 'string' ? code : null;
}

/** The message of an exception. */
export function messageOf(error: unknown): string {
  const message = field(error, 'message');
  return typeof message === 'string' ? message : String(error);
}

/** True if the addon refused its arguments. This is a fault of this program and never an answer of the kernel. */
export function isWrongArgument(error: unknown): boolean {
  const name = field(error, 'name');
  return name === 'TypeError' || name === 'RangeError';
}
