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

/** The system calls of an operation, with a `yield` between each two. It throws if the kernel refuses one of them. */
export type Calls<T> = Generator<undefined, T>;

/** The outcome of some of an operation's calls; null: it has more calls to do. */
function go<T>(asked: Asked, calls: Calls<T>, most: number): Reading<T> | null {
  for (let done = 0; done < most; done++) {
    const reading = attempt(asked, () => calls.next());
    if (!reading.ok) return reading;
    if (reading.value.done === true) return { ok: true, value: reading.value.value };
  }
  return null;
}

function goToEnd<T>(asked: Asked, calls: Calls<T>): Reading<T> {
  const reading = go(asked, calls, Infinity);
  if (reading === null) throw new Error('an operation without an end');
  return reading;
}

/** No operation has more system calls. */
const MOST_CALLS = 8;

/** Runs an operation of a single system call apart from the caller, as a thread of a pool would. */
export function perform<T>(kernel: Kernel, latency: Latency, asked: Asked, action: () => T): Promise<Reading<T>> {
  return performCalls(kernel, latency, asked, function* () {
    return action();
  });
}

/**
 * Runs an operation apart from the caller. If the caller dies, the operation ends between two of its system calls: it
 * was not begun, or it has done some of them, or all.
 */
export function performCalls<T>(
  kernel: Kernel,
  latency: Latency,
  asked: Asked,
  begin: () => Calls<T>,
): Promise<Reading<T>> {
  const { scheduler, incarnation } = kernel;
  return new Promise((resolve) => {
    const answer = (reading: Reading<T>, more: number): void => {
      const wait = more + draw(kernel, latency.answerMs);
      if (wait === 0) resolve(reading);
      else scheduler.after(wait, () => resolve(reading));
    };
    scheduler.after(draw(kernel, latency.operationMs), () => {
      const calls = begin();
      const isOrphan = (): boolean => kernel.incarnation !== incarnation;
      if (isOrphan()) return void go(asked, calls, kernel.random.below(MOST_CALLS));
      const fault = faultFor(kernel, asked);
      switch (fault?.kind) {
        case undefined:
          return answer(goToEnd(asked, calls), 0);
        case 'late':
          return answer(goToEnd(asked, calls), fault.ms);
        case 'halfway': {
          const ended = go(asked, calls, 1);
          if (ended !== null) return answer(ended, 0);
          return scheduler.after(fault.ms, () => {
            if (!isOrphan()) answer(goToEnd(asked, calls), 0);
          });
        }
        case 'hang': {
          const ended = go(asked, calls, fault.calls ?? 0);
          if (ended !== null) return answer(ended, 0);
          return kernel.faults.hold(() => {
            // A task in uninterruptible sleep outlives the end of its process and completes its call. It does no
            // other call, because it dies when it leaves this one.
            if (isOrphan()) go(asked, calls, 1);
            else answer(goToEnd(asked, calls), 0);
          });
        }
        case 'dies':
          go(asked, calls, fault.calls);
          return kernel.faults.onDeath();
        case 'errno':
          if (fault.applied === true) goToEnd(asked, calls);
          return answer({ ok: false, failure: kernelError(asked, fault.errno) }, 0);
      }
    });
  });
}
