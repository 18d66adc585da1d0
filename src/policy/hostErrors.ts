/** Errnos of a check that are about this host and not about the path. */
const HOST_ERRORS: ReadonlySet<string> = new Set(['ENOMEM', 'EAGAIN', 'EMFILE', 'ENFILE', 'EINTR']);

/**
 * Whether a check failed because memory, threads or file descriptors are short. The path then keeps its state: if
 * mpathd failed every path of the host because memory is short, a shortage would become an outage.
 */
export function isHostError(errno: string): boolean {
  return HOST_ERRORS.has(errno);
}
