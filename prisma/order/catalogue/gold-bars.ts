import { goldBar, skuPart, type CatalogueEntry } from './catalogue-entry.ts';

/**
 * From 100 g on the declared fine content is that of the LBMA's table, which is rounded to thousandths of an ounce.
 * Below, where that rounding would declare more metal than there is, bars are sold by the gram: gross times fineness.
 */
const metricBars: [grams: string, fine: string, onHand: number][] = [
  ['1', '0.9999 g', 800],
  ['2.5', '2.49975 g', 600],
  ['5', '4.9995 g', 600],
  ['10', '9.999 g', 500],
  ['20', '19.998 g', 400],
  ['50', '49.995 g', 300],
  ['100', '3.215 ozt', 500],
  ['250', '8.037 ozt', 60],
  ['500', '16.074 ozt', 40],
];

/** Bars of fine gold, from a gram to the bar that central banks keep. */
export const goldBars: CatalogueEntry[] = [
  ...metricBars.map(([size, fine, onHand]) =>
    goldBar({
      sku: `BAR-${skuPart(size)}G`,
      name: `Gold bar ${size} g`,
      description: `A bar of ${size} g of 999.9 fine gold from a refiner on the LBMA's Good Delivery list.`,
      fineness: '999.9',
      gross: `${size} g`,
      fine,
      onHand,
    }),
  ),
  goldBar({
    sku: 'BAR-1KG',
    name: 'Gold bar 1 kg',
    description: "The kilobar: 1000 g of 999.9 fine gold, the dealers' size in Asia.",
    fineness: '999.9',
    gross: '1000 g',
    fine: '32.148 ozt',
    displayUnit: 'KILOGRAM',
    onHand: 30,
  }),
  goldBar({
    sku: 'BAR-1OZ',
    name: 'Gold bar 1 oz',
    description: 'A minted bar of one troy ounce of 999.9 fine gold, sealed with its certificate.',
    fineness: '999.9',
    gross: '1 ozt',
    fine: '1 ozt',
    displayUnit: 'TROY_OUNCE',
    onHand: 500,
  }),
  goldBar({
    sku: 'BAR-10TOLA',
    name: 'Gold bar 10 tola',
    description: 'The TT bar of 10 tola, 999.0 fine, without a serial number; usual in India and the Gulf.',
    fineness: '999.0',
    gross: '116.638 g',
    fine: '3.746 ozt',
    displayUnit: 'TOLA',
    onHand: 50,
  }),
  goldBar({
    sku: 'BAR-400OZ',
    name: 'Good Delivery gold bar 400 oz',
    description: "A large bar to the LBMA's Good Delivery rules: 400 oz gross at 995.0, kept in the vault.",
    fineness: '995.0',
    gross: '400 ozt',
    fine: '398 ozt',
    displayUnit: 'TROY_OUNCE',
    onHand: 4,
  }),
];
