/**
 * Two kinds of numbers that code must not confuse. A plain number, from counting or arithmetic, may become either kind.
 * One kind never becomes the other, so that a wrong argument cannot compare a time with an order.
 */

/** Number of an input of the engine: the order of knowledge. */
export type Seq = number & { readonly unit?: 'input' };

/** Engine time or a duration, ms. */
export type Ms = number & { readonly unit?: 'ms' };
