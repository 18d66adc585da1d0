/** What Node's sockets lack: abstract names of exact length, and the uid of the peer. */

/** The part of the addon that the socket needs. Tests pass their own. */
export type NativeSockets = Pick<
  typeof import('../../native/mpathd'),
  'listenAbstract' | 'connectAbstract' | 'peerUid'
>;
