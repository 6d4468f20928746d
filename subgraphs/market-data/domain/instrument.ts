/** What is priced: a metal in a currency, by the troy ounce of fine metal. */
export type Instrument = {
  /** Metal and currency, for example `XAU-USD`. */
  symbol: string;
  name: string;
  metal: 'XAU' | 'XAG';
  currency: string;
};

/** Whether a text names a metal that is priced here. */
export function isMetal(text: string): text is Instrument['metal'] {
  return text === 'XAU' || text === 'XAG';
}

const metalNames = { XAU: 'Gold', XAG: 'Silver' };

/** The instruments of both metals in a currency, for currencies that nobody has described: `Gold in Swiss Franc`. */
export function instrumentsOf(currency: string): Instrument[] {
  const name = new Intl.DisplayNames('en', { type: 'currency' }).of(currency) ?? currency;
  return (['XAU', 'XAG'] as const).map((metal) => ({
    symbol: `${metal}-${currency}`,
    name: `${metalNames[metal]} in ${name}`,
    metal,
    currency,
  }));
}
