import { parse } from 'csv-parse/sync';
import { XMLParser } from 'fast-xml-parser';
import { DateTime } from 'luxon';
import { readPrice, unusable } from './provider-answer.ts';

/** The reference rates of one day: units of a currency for a euro, by its code, as the bank wrote them. `date` is such as `2026-11-20`. */
export type ReferenceRates = { date: string; rates: Map<string, string> };

/** Attributes as text, because a rate is exact; the namespaces are of no use here. */
const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseAttributeValue: false,
  removeNSPrefix: true,
  processEntities: false,
  isArray: (name) => name === 'Cube',
});
/** `<Cube><Cube time='2026-11-20'><Cube currency='USD' rate='1.0834'/>` */
type Cube = { time?: string; currency?: string; rate?: string; Cube?: Cube[] };

const currencyPattern = /^[A-Z]{3}$/;

/**
 * Reads the euro's reference rates, XML or CSV, of the newest day in the file. A rate that cannot be read (`N/A`) is left out.
 * @throws ProviderProblem UNUSABLE_ANSWER where there are no rates
 */
export function readReferenceRates(text: string): ReferenceRates {
  const days = text.trimStart().startsWith('<') ? daysOfXml(text) : daysOfCsv(text);
  const newest = days.toSorted((one, other) => other.date.localeCompare(one.date))[0];
  if (!newest || newest.rates.size === 0) throw unusable('the answer has no reference rates', text);
  return newest;
}

function daysOfXml(text: string): ReferenceRates[] {
  let envelope: Cube | undefined;
  try {
    ({ Envelope: envelope } = xml.parse(text, true) as { Envelope?: Cube });
  } catch {
    throw unusable('the answer is not the whole of a file of reference rates', text);
  }
  const days = (envelope?.Cube ?? []).flatMap(({ Cube: each }) => each ?? []);
  return days.map(({ time = '', Cube: cubes = [] }) => {
    const rates = new Map<string, string>();
    for (const { currency = '', rate } of cubes) addRate(rates, currency, rate);
    return { date: dateOf(time), rates };
  });
}

/** `Date, USD, JPY, …` and below it `20 November 2026, 1.0834, …`; the long history has dates such as `2026-11-20`. */
function daysOfCsv(text: string): ReferenceRates[] {
  let rows: string[][];
  try {
    rows = parse(text, { bom: true, trim: true, relax_column_count: true, skip_empty_lines: true });
  } catch {
    throw unusable('the answer is neither XML nor CSV', text);
  }
  const [header = [], ...lines] = rows;
  if (header[0] !== 'Date') throw unusable('the answer is no file of reference rates', text);
  return lines.map(([date = '', ...values]) => {
    const rates = new Map<string, string>();
    for (const [index, value] of values.entries()) addRate(rates, header[index + 1] ?? '', value);
    return { date: dateOf(date), rates };
  });
}

function addRate(rates: Map<string, string>, currency: string, rate: string | undefined): void {
  if (!currencyPattern.test(currency) || !/^\d/.test(rate ?? '')) return;
  rates.set(currency, readPrice(rate, currency));
}

function dateOf(text: string): string {
  const written = DateTime.fromFormat(text, 'd MMMM yyyy', { zone: 'utc', locale: 'en' });
  const date = written.isValid ? written : DateTime.fromFormat(text, 'yyyy-MM-dd', { zone: 'utc' });
  if (!date.isValid) throw unusable('a day of reference rates has no date', text);
  return date.toFormat('yyyy-MM-dd');
}
