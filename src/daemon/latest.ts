/** Work that is asked for more often than it can be done: one is running, and one more follows, however many asked. */

/**
 * Returns what asks for the work. While it runs, further calls are one call, which runs after it; so the last run began
 * after the last call. `work` must not reject.
 */
export function oneAtATime(work: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await work();
    } while (again);
    running = false;
  };
  return () => {
    if (running) again = true;
    else void run();
  };
}
