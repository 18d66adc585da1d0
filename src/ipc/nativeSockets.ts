/** What Node's sockets lack: abstract names of exact length, and the peer's uid. */

/** The part of the addon that the socket needs; tests give their own. */
export type NativeSockets = Pick<
  typeof import('../../native/mpathd'),
  'listenAbstract' | 'connectAbstract' | 'peerUid'
>;
