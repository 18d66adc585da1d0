/** Errnos of a check that tell about this host, not about the path. */
const HOST_ERRORS: ReadonlySet<string> = new Set(['ENOMEM', 'EAGAIN', 'EMFILE', 'ENFILE', 'EINTR']);

/**
 * Whether a check failed for want of memory, threads or file descriptors. Such a path keeps its
 * state: failing every path of the host because memory is short would turn a shortage into an outage.
 */
export function isHostError(errno: string): boolean {
  return HOST_ERRORS.has(errno);
}
