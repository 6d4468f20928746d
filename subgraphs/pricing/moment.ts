import type { TickReference } from '#shared/ticks/tick-reference.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { rulesInForce, type PricingRule } from './domain/pricing-rule.ts';
import type { MarketTicks } from './market-ticks.ts';
import type { PriceBook, PriceBookSnapshot } from './price-book.ts';

/** Everything that prices are made of at one instant: whatever is priced in one request or event is priced by the same. */
export type Moment = {
  products: PriceBookSnapshot['products'];
  rules: readonly PricingRule[];
  /** The tick of a symbol; looked up once, however many products ask. */
  tickOf(symbol: string): Promise<Tick>;
};

export type Moments = {
  /** The moment of a request or event; `key` is the object that stands for it, and gets the same moment each time. */
  of(key: { tick: TickReference | undefined }): Moment;
};

/** @param options.now epoch milliseconds */
export function createMoments(options: { book: PriceBook; market: MarketTicks; now: () => number }): Moments {
  const { book, market } = options;
  const moments = new WeakMap<object, Moment>();

  function begin(tick: TickReference | undefined): Moment {
    const { products, rules } = book.current();
    const ticks = new Map<string, Promise<Tick>>();
    const read = (symbol: string) => (tick?.symbol === symbol ? market.at(tick) : market.latest(symbol));
    return {
      products,
      rules: rulesInForce(rules, options.now()),
      tickOf(symbol) {
        const found = ticks.get(symbol) ?? read(symbol);
        ticks.set(symbol, found);
        return found;
      },
    };
  }

  return {
    of(key) {
      const moment = moments.get(key) ?? begin(key.tick);
      moments.set(key, moment);
      return moment;
    },
  };
}
