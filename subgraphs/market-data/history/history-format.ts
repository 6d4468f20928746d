import { badInput } from '#shared/errors.ts';

/** Which column of a file says what; columns are counted from 0. */
export type HistoryFormat =
  | {
      kind: 'candles';
      columns: number;
      time: number;
      open: number;
      high: number;
      low: number;
      close: number;
      /** Where the number of ticks is; undefined where the file does not tell. */
      ticks: number | undefined;
    }
  | { kind: 'ticks'; columns: number; time: number; bid: number; ask: number };

export type FormatChoice = {
  /** The column that is the price, where the header does not say so by itself. */
  column: string | undefined;
  /** The column that counts ticks. */
  ticksColumn: string | undefined;
};

const timeNames = ['time', 'date', 'datetime', 'timestamp', 'open_time'];
/** A lone column is taken for a price only where it says so: rates of exchange look the same. */
const priceName = /price|close|fix|^mid$/;
/** The name under which exported candles carry their number of ticks. */
const exportedTicks = 'ticks';

/**
 * Tells a file's format by its header: `time,bid,ask`; `time,open,high,low,close` and whatever else; or a date and one
 * price, which is then open, high, low and close. Capitals do not matter. A column of volumes is left alone, because a
 * spot price has none and what the volume of a file counts is not known, unless `ticksColumn` names it.
 * @throws DomainError BAD_USER_INPUT in a sentence that names the columns, for any other header
 */
export function formatOf(header: readonly string[], choice: FormatChoice): HistoryFormat {
  const names = header.map((name) => name.toLowerCase());
  const known = `its columns are ${header.join(', ')}`;
  const placeOf = (name: string) => names.indexOf(name.toLowerCase());
  const named = (name: string, option: string) => {
    const place = placeOf(name);
    if (place === -1) throw badInput(`The file has no column ${name}, as ${option} says: ${known}.`);
    return place;
  };
  const time = names.findIndex((name) => timeNames.includes(name));
  if (time === -1) throw badInput(`The file has no column of times (${timeNames.join(', ')}): ${known}.`);
  const columns = header.length;
  const ticksPlace = placeOf(exportedTicks);
  const usualTicks = ticksPlace === -1 ? undefined : ticksPlace;
  const ticks = choice.ticksColumn === undefined ? usualTicks : named(choice.ticksColumn, '--ticks-column');
  const priced = (price: number): HistoryFormat => ({
    kind: 'candles',
    columns,
    time,
    open: price,
    high: price,
    low: price,
    close: price,
    ticks,
  });
  if (choice.column !== undefined) return priced(named(choice.column, '--column'));

  const [open, high, low, close] = ['open', 'high', 'low', 'close'].map(placeOf) as [number, number, number, number];
  if (Math.min(open, high, low, close) !== -1) return { kind: 'candles', columns, time, open, high, low, close, ticks };
  const [bid, ask] = [placeOf('bid'), placeOf('ask')];
  if (bid !== -1 && ask !== -1) {
    if (choice.ticksColumn !== undefined)
      throw badInput('Every row of time, bid and ask is a tick: leave out --ticks-column.');
    return { kind: 'ticks', columns, time, bid, ask };
  }
  const others = [...names.keys()].filter((place) => place !== time && place !== ticks);
  if (others.length === 1 && priceName.test(names[others[0]!]!)) return priced(others[0]!);
  throw badInput(
    `The file holds neither candles (time, open, high, low, close) nor ticks (time, bid, ask) nor one price: ${known}. ` +
      'Rates of exchange are no prices of metal; where one of these columns is the price of a symbol, name it with --column.',
  );
}
