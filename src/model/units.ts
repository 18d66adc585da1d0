/**
 * Numbers that must not be taken for each other. A plain number may become either, as it comes from counting or from
 * arithmetic; one kind never becomes the other, so that a time is not compared with an order by a mistaken argument.
 */

/** Number of an input of the engine: the order of knowledge. */
export type Seq = number & { readonly unit?: 'input' };

/** Engine time or a duration, ms. */
export type Ms = number & { readonly unit?: 'ms' };
