import { z } from 'zod';
import { moneyText, timeText } from './format.ts';
import { defineTemplate } from './template.ts';

const decimalText = z.string().regex(/^\d+(\.\d+)?$/);

const priceAlertData = z.object({
  /** Metal and currency: `XAU-USD`. */
  symbol: z.string().regex(/^[A-Z]{3}-[A-Z]{3}$/),
  condition: z.enum(['CROSS_ABOVE', 'CROSS_BELOW']),
  /** In the currency, for one unit at the fineness in permille; so is the price. */
  threshold: decimalText,
  unit: z.string(),
  fineness: decimalText,
  note: z.string().nullable(),
  /** The mid price that met the condition, and its time. */
  price: decimalText,
  time: z.iso.datetime(),
});
type PriceAlertData = z.infer<typeof priceAlertData>;

const metals: Record<string, string> = { XAU: 'Gold', XAG: 'Silver' };
const units: Record<string, string> = { TROY_OUNCE: 'troy ounce', TAEL: 'Hong Kong tael', BAHT: 'Thai baht weight' };

/** A price has reached what an alert waits for. */
export const priceAlert = defineTemplate(priceAlertData, {
  en(alert, locale) {
    const metal = metals[alert.symbol.slice(0, 3)] ?? alert.symbol.slice(0, 3);
    const price = priceText(alert, alert.price, locale);
    const threshold = priceText(alert, alert.threshold, locale);
    const where = alert.condition === 'CROSS_ABOVE' ? 'above' : 'below';
    const per = `per ${units[alert.unit] ?? alert.unit.toLowerCase()}${finenessText(alert)}`;
    const time = timeText(alert.time, locale);
    const reached = `${alert.symbol} was ${price} ${per} on ${time}`;
    return {
      title: `${metal} ${where} ${threshold}`,
      body: `${reached}: your alert waits for ${threshold} or ${where}.${alert.note ? ` Your note: ${alert.note}` : ''}`,
      sms: `${metal} ${where} ${threshold}: ${price} ${per}, ${time}`,
      details: [
        ['Instrument', alert.symbol],
        ['Condition', `${where} ${threshold} ${per}`],
        ['Price', `${price} ${per}`],
        ['Time', time],
        ...(alert.note ? [['Note', alert.note] as [string, string]] : []),
      ],
    };
  },
});

/** Every digit that it has: a price just beyond a threshold must not look like the threshold. */
function priceText({ symbol }: PriceAlertData, amount: string, locale: string): string {
  return moneyText({ amount, currency: symbol.slice(-3) }, locale, { mostDigits: 8 });
}

function finenessText({ fineness }: PriceAlertData): string {
  return Number(fineness) === 1000 ? '' : ` at fineness ${Number(fineness)}`;
}
