/** How an operation of a port runs: begun later, answered later still, or made to go wrong. */
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
  /** In the field's words, for {@link Failure.operation}. */
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

/** What is to go wrong with this operation, if anything. */
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

/** The first ioctl of several; gives what does the others. */
export type Half<T> = () => () => T;

/** The caller has died: an operation of several ioctls may have come half its way, any may be done or not. */
function abandon(kernel: Kernel, asked: Asked, action: () => unknown, half: Half<unknown> | undefined): void {
  const done = kernel.random.below(3);
  if (done === 1) attempt(asked, action);
  if (done === 2 && half !== undefined) attempt(asked, half);
}

/**
 * An operation that runs apart from the caller, as one of a thread pool's would. Without `half` it is a single ioctl.
 * A caller that dies in the middle has done the half.
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
            // A task in uninterruptible sleep outlives its process's end and does its work, but not a second ioctl: it
            // dies on its way out of the first.
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
