/**
 * `K` itself when it can be a key: a string, number, bigint or boolean, or a tuple, array or plain object of these. Anything else
 * (`undefined`, functions, and objects with methods, like dates) becomes `never`, so that a selector that returns it does not compile. What the types cannot
 * tell, NaN for example, is refused at run time with KEY_UNSUPPORTED.
 *
 * @example
 * ```ts
 * trades.keyBy((trade) => trade.symbol);
 * trades.keyBy((trade) => [trade.symbol, trade.venue]);
 * trades.keyBy((trade) => new Date(trade.at)); // does not compile
 * ```
 */
export type SupportedKey<K> = K extends string | number | bigint | boolean
  ? K
  : K extends readonly unknown[]
    ? { [Index in keyof K]: SupportedKey<K[Index]> }
    : K extends (...args: never[]) => unknown
      ? never
      : K extends object
        ? { [Field in keyof K]: SupportedKey<K[Field]> }
        : never;
