/** Carries out many orders together: at a start many maps cause one write of a file, not one write each. */

interface Waiting<Order, Answer> {
  order: Order;
  resolve(answer: Answer): void;
}

/**
 * Gives orders to `work` in lists, one list after the other, and gives each order its answer. `work` returns one answer
 * for each order. `later` delays the work on a list until all orders of the same moment are in it.
 */
export function inBatches<Order, Answer>(
  work: (orders: Order[]) => Promise<Answer[]>,
  later: (begin: () => void) => void = setImmediate,
): (order: Order) => Promise<Answer> {
  let waiting: Array<Waiting<Order, Answer>> = [];
  let running = false;

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const answers = await work(batch.map(({ order }) => order));
      for (const [at, answer] of answers.entries()) batch[at]?.resolve(answer);
    }
    running = false;
  };

  return (order) =>
    new Promise((resolve) => {
      waiting.push({ order, resolve });
      if (running) return;
      running = true;
      later(() => void run());
    });
}
