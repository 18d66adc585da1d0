/** A netlink socket on a uevent group, with the kernel's rules of loss (net/netlink/af_netlink.c). */
import type { Uevent } from '../model/uevent';

export interface UeventSocket {
  deliver(event: Uevent, bytes: number): void;
  /**
   * Like recvmsg(MSG_DONTWAIT): a pending error comes before the queued messages. A message that is longer than the
   * reader's buffer of `size` bytes is cut, and its rest is lost.
   */
  receive(size?: number): Uevent | 'ENOBUFS' | 'EAGAIN' | 'MSG_TRUNC';
  /** SO_MEMINFO, ninth word. */
  drops(): number;
  /** SO_MEMINFO, first word: the bytes that are charged now. */
  charged(): number;
  queued(): number;
  /** Called when the socket becomes readable (a message or an error). */
  onReadable: () => void;
}

/**
 * The bytes that one message takes of the buffer: the skb's truesize and not its length. The borders and charges were
 * measured on Linux 6.18 with messages of 210 to 1909 bytes. They are the kmalloc sizes less 320 bytes of
 * skb_shared_info.
 */
export function chargeFor(bytes: number): number {
  if (bytes <= 256) return 832;
  if (bytes <= 704) return 1280;
  if (bytes <= 1728) return 2304;
  return 4352;
}

/** A socket with SO_RCVBUF of `requestedBytes`; the kernel grants twice this size. */
export function createUeventSocket(requestedBytes: number): UeventSocket {
  const limit = 2 * requestedBytes;
  let queue: Array<{ event: Uevent; bytes: number; charge: number }> = [];
  let head = 0;
  let charged = 0;
  let drops = 0;
  let congested = false;
  let error = false;

  const socket: UeventSocket = {
    onReadable: () => undefined,
    deliver: (event, bytes) => {
      const charge = chargeFor(bytes);
      // netlink_broadcast_deliver: an empty buffer accepts a message of any size.
      const fits = charged === 0 || charged + charge <= limit;
      if (!congested && fits) {
        queue.push({ event, bytes, charge });
        charged += charge;
        socket.onReadable();
        return;
      }
      drops++;
      // netlink_overrun: the error is raised only when the congestion begins.
      if (congested) return;
      congested = true;
      error = true;
      socket.onReadable();
    },
    receive: (size = Infinity) => {
      if (error) {
        error = false;
        return 'ENOBUFS';
      }
      const next = queue[head];
      if (next === undefined) return 'EAGAIN';
      head++;
      charged -= next.charge;
      if (head === queue.length) {
        queue = [];
        head = 0;
        // netlink_rcv_wake: only an empty queue ends the congestion.
        congested = false;
      }
      return next.bytes > size ? 'MSG_TRUNC' : next.event;
    },
    drops: () => drops,
    charged: () => charged,
    queued: () => queue.length - head,
  };
  return socket;
}
