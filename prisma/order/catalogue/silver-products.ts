import { silverBar, silverCoin, skuPart, type CatalogueEntry } from './catalogue-entry.ts';

const ounce = { gross: '31.1035 g', fine: '1 ozt', displayUnit: 'TROY_OUNCE' } as const;

const bars: [size: string, gross: string, fine: string, onHand: number][] = [
  ['100G', '100 g', '99.9 g', 200],
  ['500G', '500 g', '499.5 g', 120],
  ['1KG', '1000 g', '999 g', 150],
  ['5KG', '5000 g', '4995 g', 20],
];

/** Silver bars and coins; they carry value added tax where gold does not. */
export const silverProducts: CatalogueEntry[] = [
  silverCoin({
    ...ounce,
    sku: 'COIN-SILVER-MAPLE-LEAF-1OZ',
    name: 'Silver Maple Leaf 1 oz',
    description: 'The Canadian bullion coin of 999.9 fine silver.',
    mint: 'Royal Canadian Mint',
    fineness: '999.9',
    gross: '31.11 g',
    diameterMm: '38',
    onHand: 2000,
  }),
  silverCoin({
    ...ounce,
    sku: 'COIN-SILVER-EAGLE-1OZ',
    name: 'American Silver Eagle 1 oz',
    description: 'The American bullion coin of 999 fine silver.',
    mint: 'United States Mint',
    fineness: '999',
    diameterMm: '40.6',
    onHand: 1500,
  }),
  silverCoin({
    ...ounce,
    sku: 'COIN-SILVER-BRITANNIA-1OZ',
    name: 'Silver Britannia 1 oz',
    description: 'The British bullion coin of 999 fine silver.',
    mint: 'The Royal Mint',
    fineness: '999',
    diameterMm: '38.61',
    onHand: 1500,
  }),
  silverCoin({
    ...ounce,
    sku: 'COIN-SILVER-PHILHARMONIC-1OZ',
    name: 'Silver Vienna Philharmonic 1 oz',
    description: 'The Austrian bullion coin of 999 fine silver.',
    mint: 'Austrian Mint',
    fineness: '999',
    diameterMm: '37',
    onHand: 1500,
  }),
  ...bars.map(([size, gross, fine, onHand]) =>
    silverBar({
      sku: `BAR-SILVER-${skuPart(size)}`,
      name: `Silver bar ${gross === '1000 g' ? '1 kg' : gross === '5000 g' ? '5 kg' : gross}`,
      description: `A cast bar of 999 fine silver.`,
      fineness: '999',
      gross,
      fine,
      ...(size.endsWith('KG') && { displayUnit: 'KILOGRAM' as const }),
      onHand,
    }),
  ),
];
