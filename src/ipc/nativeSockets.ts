/** What Node's sockets lack: abstract names of exact length, the peer's uid, a bound on clients taken in at once. */

/** The part of the addon that the socket needs. Tests pass their own. */
export type NativeSockets = Pick<
  typeof import('../../native/mpathd'),
  'listenOn' | 'connectAbstract' | 'peerOf' | 'acceptClients' | 'refuseClient'
>;
