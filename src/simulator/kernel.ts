import type { Uevent } from '../model/uevent';
import type { Random } from './random';
import type { Scheduler } from './scheduler';
import type { Faults } from './faults';
import type { UeventSocket } from './ueventSocket';
import { messageBytes, type EventText } from './eventText';
import type { World } from './world';

/** The state that the parts of the simulated kernel share. */
export interface Kernel {
  readonly world: World;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  /** Open sockets on the kernel's group. */
  readonly sockets: Set<UeventSocket>;
  /** Called whenever the global dm event number moves. */
  readonly dmEventListeners: Set<() => void>;
  /** Rises when the daemon dies. Requests of an earlier daemon that have not begun are never done. */
  incarnation: number;
  /** A uevent overtaken by the next one, see {@link Faults.reorderUevents}. */
  overtaken: { event: Uevent; bytes: number } | null;
}

function broadcast(kernel: Kernel, event: Uevent, bytes: number): void {
  for (const socket of kernel.sockets) socket.deliver(event, bytes);
}

function sendOvertaken(kernel: Kernel): void {
  const late = kernel.overtaken;
  if (late === null) return;
  kernel.overtaken = null;
  broadcast(kernel, late.event, late.bytes);
}

/**
 * Gives the event its sequence number and sends it to every socket on the kernel's group. The kernel takes the number
 * before the broadcast lock (lib/kobject_uevent.c, 6.9 and later), so events can overtake each other. The number is
 * used even if the event is never sent (allocation failed).
 */
export function emit(kernel: Kernel, text: EventText): void {
  const seqnum = ++kernel.world.seqnum;
  if (kernel.random.chance(kernel.faults.loseUevents)) return;
  if (kernel.sockets.size === 0) return;
  const env: Record<string, string> = { ...text.env, SEQNUM: String(seqnum) };
  const { env: _, ...fields } = text;
  const event: Uevent = { source: 'kernel', ...fields, seqnum, env };
  const bytes = messageBytes(event);
  if (kernel.overtaken === null && kernel.random.chance(kernel.faults.reorderUevents)) {
    kernel.overtaken = { event, bytes };
    kernel.scheduler.after(1, () => sendOvertaken(kernel));
    return;
  }
  broadcast(kernel, event, bytes);
  sendOvertaken(kernel);
}

/** Moves the global dm event number and wakes the pollers (dm-ioctl.c, dm_issue_global_event). */
export function issueDmEvent(kernel: Kernel): void {
  kernel.world.dmEvents++;
  for (const listener of kernel.dmEventListeners) listener();
}
