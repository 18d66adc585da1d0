/**
 * Runs the operations of a port: an operation begins later, its answer comes still later, and a fault can make it fail.
 */
import type { Failure, Reading } from '../model/failure';
import type { FaultOutcome, Operation } from './faults';
import type { Kernel } from './kernel';
import { KernelRefusal } from './dmIoctl';

/** Upper bounds, ms, of the time until the kernel acts and from then until the caller hears of it. */
export interface Latency {
  operationMs: number;
  answerMs: number;
}

export interface Asked {
  operation: Operation;
  /** The operation in the field's words, for {@link Failure.operation}. */
  call: string;
  device: string;
  /** Further names by which a fault may mean the device. */
  aliases?: readonly string[];
}

const draw = (kernel: Kernel, bound: number): number => (bound <= 0 ? 0 : kernel.random.below(bound + 1));

/** The failure that a fault or the kernel gives. */
export function kernelError(asked: Asked, errno: string): Failure {
  return { code: 'KERNEL_ERROR', operation: asked.call, device: asked.device, errno };
}

/** The fault for this operation, if there is one. */
export function faultFor(kernel: Kernel, asked: Asked): FaultOutcome | null {
  return kernel.faults.decide(asked.operation, [asked.device, ...(asked.aliases ?? [])]);
}

/** Runs `action` and turns a refusal of the kernel's into a failure. */
export function attempt<T>(asked: Asked, action: () => T): Reading<T> {
  try {
    return { ok: true, value: action() };
  } catch (error) {
    if (!(error instanceof KernelRefusal)) throw error;
    return { ok: false, failure: { ...kernelError(asked, error.errno), operation: error.operation } };
  }
}

/** Does the first ioctl of several, and gives a function that does the others. */
export type Half<T> = () => () => T;

/** Called when the caller has died: an operation may be done, not begun, or, if it has several ioctls, half done. */
function abandon(kernel: Kernel, asked: Asked, action: () => unknown, half: Half<unknown> | undefined): void {
  const done = kernel.random.below(3);
  if (done === 1) attempt(asked, action);
  if (done === 2 && half !== undefined) attempt(asked, half);
}

/**
 * Runs an operation apart from the caller, as a thread of a pool would. Without `half` it is a single ioctl. If the
 * caller dies in the middle, only `half` is done.
 */
export function perform<T>(
  kernel: Kernel,
  latency: Latency,
  asked: Asked,
  action: () => T,
  half?: Half<T>,
): Promise<Reading<T>> {
  const { scheduler, incarnation } = kernel;
  return new Promise((resolve) => {
    const answer = (reading: Reading<T>, more: number): void => {
      const wait = more + draw(kernel, latency.answerMs);
      if (wait === 0) resolve(reading);
      else scheduler.after(wait, () => resolve(reading));
    };
    scheduler.after(draw(kernel, latency.operationMs), () => {
      if (kernel.incarnation !== incarnation) return abandon(kernel, asked, action, half);
      const fault = faultFor(kernel, asked);
      switch (fault?.kind) {
        case undefined:
          return answer(attempt(asked, action), 0);
        case 'late':
          return answer(attempt(asked, action), fault.ms);
        case 'halfway': {
          if (half === undefined) return answer(attempt(asked, action), 0);
          const begun = attempt(asked, half);
          if (!begun.ok) return answer(begun, 0);
          return scheduler.after(fault.ms, () => {
            if (kernel.incarnation === incarnation) answer(attempt(asked, begun.value), 0);
          });
        }
        case 'hang':
          return kernel.faults.hold(() => {
            // A task in uninterruptible sleep outlives the end of its process and completes its ioctl. It does no
            // second ioctl, because it dies when it leaves the first.
            if (kernel.incarnation !== incarnation) attempt<unknown>(asked, half ?? action);
            else answer(attempt(asked, action), 0);
          });
        case 'errno':
          if (fault.applied === true) attempt(asked, action);
          return answer({ ok: false, failure: kernelError(asked, fault.errno) }, 0);
      }
    });
  });
}
