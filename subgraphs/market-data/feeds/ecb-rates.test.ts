import { expect, test } from '@jest/globals';
import { readReferenceRates } from './ecb-rates.ts';
import { ProviderProblem } from './provider-answer.ts';

const day = (time: string, rates: string) => `<Cube time="${time}">${rates}</Cube>`;
const envelope = (days: string) => `<?xml version="1.0"?><gesmes:Envelope><Cube>${days}</Cube></gesmes:Envelope>\n`;
const entries = (text: string) => {
  const { date, rates } = readReferenceRates(text);
  return [date, ...rates].flat();
};

test.each([
  ['XML', envelope(day('2026-11-20', "<Cube currency='USD' rate='1.0834'/><Cube rate='45.8870' currency='TRY' />"))],
  ['CSV', 'Date, USD, TRY, \n20 November 2026, 1.0834, 45.8870, \n'],
  ['the CSV of the history', 'Date,USD,ISK,TRY,\n2026-11-20,1.0834,N/A,45.8870,\n2026-11-19,1.07,N/A,45.1,\n'],
  [
    'the XML of the history',
    envelope(
      day('2026-11-19', "<Cube currency='USD' rate='1.07'/>") +
        day('2026-11-20', "<Cube currency='USD' rate='1.0834'/><Cube currency='TRY' rate='45.8870'/>") +
        day('2026-11-18', "<Cube currency='USD' rate='1.06'/>"),
    ),
  ],
])('reference rates are read from %s as the bank wrote them', (_name, text) => {
  expect(entries(text)).toEqual(['2026-11-20', 'USD', '1.0834', 'TRY', '45.8870']);
});

test.each([
  ['nothing', ''],
  ['a page', '<!DOCTYPE html><html><body>Maintenance</body></html>'],
  ['half of a file', envelope(day('2026-11-20', "<Cube currency='USD' rate='1.0834'/>")).slice(0, -30)],
  ['no day', envelope("<Cube currency='USD' rate='1.0834'/>")],
  ['no rates', envelope(day('2026-11-20', ''))],
  ['a date that there is not', envelope(day('2026-11-31', "<Cube currency='USD' rate='1.0834'/>"))],
  ['a rate that is no number', envelope(day('2026-11-20', "<Cube currency='USD' rate='1.0.34'/>"))],
  ['a rate of zero', envelope(day('2026-11-20', "<Cube currency='USD' rate='0'/>"))],
  ['other CSV', 'symbol,price\nUSD,1.0834\n'],
  ['CSV that is broken', 'Date, USD\n"20 November 2026, 1.0834\n'],
  ['JSON', '{"rates":{"USD":1.0834}}'],
])('%s is refused', (_name, text) => {
  expect(() => readReferenceRates(text)).toThrow(ProviderProblem);
});
