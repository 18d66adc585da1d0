/** A netlink socket on a uevent group, with the kernel's rules of loss (net/netlink/af_netlink.c). */
import type { Uevent } from '../model/uevent';

export interface UeventSocket {
  deliver(event: Uevent, bytes: number): void;
  /**
   * As recvmsg(MSG_DONTWAIT): the pending error comes before what is queued. A message longer than
   * the reader's buffer of `size` bytes is cut, and the rest of it is gone.
   */
  receive(size?: number): Uevent | 'ENOBUFS' | 'EAGAIN' | 'MSG_TRUNC';
  /** SO_MEMINFO, ninth word. */
  drops(): number;
  /** SO_MEMINFO, first word: bytes charged now. */
  charged(): number;
  queued(): number;
  /** Called when the socket becomes readable (a message or an error). */
  onReadable: () => void;
}

/**
 * What one message is charged against the buffer: the skb's truesize, not its length. Borders
 * and charges measured on Linux 6.18 with messages of 210 to 1909 bytes; they are the kmalloc
 * sizes less 320 bytes of skb_shared_info.
 */
export function chargeFor(bytes: number): number {
  if (bytes <= 256) return 832;
  if (bytes <= 704) return 1280;
  if (bytes <= 1728) return 2304;
  return 4352;
}

/** A socket with SO_RCVBUF of `requestedBytes`; the kernel grants the double. */
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
      // netlink_broadcast_deliver: a message that alone fills the buffer is taken all the same.
      const fits = charged === 0 || charged + charge <= limit;
      if (!congested && fits) {
        queue.push({ event, bytes, charge });
        charged += charge;
        socket.onReadable();
        return;
      }
      drops++;
      // netlink_overrun: the error is raised only on the way into congestion.
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
