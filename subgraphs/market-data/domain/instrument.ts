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
