import { LRUCache } from 'lru-cache';

/** Making a format takes far longer than using it. Locales come from people's programs, so they may be of any number. */
const formatsInMemory = 200;
const currencyFormats = new LRUCache<string, Intl.NumberFormat>({ max: formatsInMemory });
const timeFormats = new LRUCache<string, Intl.DateTimeFormat>({ max: formatsInMemory });

/**
 * An exact amount of money (decimal text) as the locale writes it. Without `mostDigits` behind the point it has those of the
 * currency; digits beyond are rounded half up.
 */
export function moneyText(
  money: { amount: string; currency: string },
  locale: string,
  options: { mostDigits?: number } = {},
): string {
  // A string is formatted exactly, whatever its length; a number would go through a double.
  return currencyFormat(money.currency, locale, options.mostDigits).format(money.amount as Intl.StringNumericLiteral);
}

/** An instant as the locale writes it, in UTC and saying so: nobody's time zone is known for certain. */
export function timeText(instant: string | number, locale: string): string {
  return `${timeFormat(locale).format(new Date(instant))} UTC`;
}

function currencyFormat(currency: string, locale: string, mostDigits: number | undefined): Intl.NumberFormat {
  const key = `${locale} ${currency} ${mostDigits}`;
  const known = currencyFormats.get(key);
  if (known) return known;
  const digits = mostDigits === undefined ? {} : { maximumFractionDigits: mostDigits };
  const made = new Intl.NumberFormat(locale, { style: 'currency', currency, ...digits });
  currencyFormats.set(key, made);
  return made;
}

function timeFormat(locale: string): Intl.DateTimeFormat {
  const known = timeFormats.get(locale);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  timeFormats.set(locale, made);
  return made;
}
