/** An exact amount of money (decimal text) as the locale writes it; digits beyond the currency's are rounded half up. */
export function moneyText(money: { amount: string; currency: string }, locale: string): string {
  // A string is formatted exactly, whatever its length; a number would go through a double.
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency: money.currency });
  return format.format(money.amount as Intl.StringNumericLiteral);
}

/** An instant as the locale writes it, in UTC and saying so: nobody's time zone is known for certain. */
export function timeText(instant: string | number, locale: string): string {
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  return `${format.format(new Date(instant))} UTC`;
}
