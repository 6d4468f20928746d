import type { Logger } from '#shared/logger.ts';
import type { PricedProduct } from './domain/priced-product.ts';
import type { PricingRule } from './domain/pricing-rule.ts';
import type { PriceBookRepository } from './price-book-repository.ts';
import { readRule, type StoredRule } from './rule-format.ts';

/** Everything but ticks that prices are made of, as it was at one moment. Never changed, only replaced as a whole. */
export type PriceBookSnapshot = {
  products: ReadonlyMap<string, PricedProduct>;
  /** Active rules; which of them are in force depends on the time. */
  rules: readonly PricingRule[];
  /** Codes of active rules that could not be read and so are left out. */
  unreadableRules: readonly string[];
};

export type PriceBook = {
  /** The newest snapshot; empty before the first load. */
  current(): PriceBookSnapshot;
  /** Reads everything anew. Calls while it is being read share one more read, which begins when this one is done. */
  reload(): Promise<void>;
};

/** The price book in memory: every price is computed from it without asking the database. */
export function createPriceBook(options: {
  repository: PriceBookRepository;
  logger: Logger;
  onReload: (snapshot: PriceBookSnapshot) => void;
}): PriceBook {
  let snapshot: PriceBookSnapshot = { products: new Map(), rules: [], unreadableRules: [] };
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function load(): Promise<void> {
    const [products, stored] = await Promise.all([options.repository.products(), options.repository.activeRules()]);
    const unreadableRules: string[] = [];
    const rules = stored.flatMap((rule) => readOrReport(rule, unreadableRules, options.logger));
    snapshot = { products: new Map(products.map((product) => [product.sku, product])), rules, unreadableRules };
    options.onReload(snapshot);
  }

  function begin(): Promise<void> {
    running = load().finally(() => (running = undefined));
    return running;
  }

  return {
    current: () => snapshot,
    reload() {
      if (!running) return begin();
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          return begin();
        });
      return next;
    },
  };
}

function readOrReport(stored: StoredRule, unreadable: string[], logger: Logger): PricingRule[] {
  try {
    return [readRule(stored)];
  } catch (err) {
    unreadable.push(stored.code);
    logger.error({ err, rule: stored.code, version: stored.version }, 'a pricing rule cannot be read and is left out');
    return [];
  }
}
