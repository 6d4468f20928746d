import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { Decimal } from './decimal.ts';
import { currencies } from './money.ts';

const decimalPattern = /^-?\d{1,30}(\.\d{1,18})?$/;

/** Exact decimal, a string on the wire. Input may also be a whole JSON number; a fraction must be a string, because a double is not exact. */
export const DecimalScalar = new GraphQLScalarType<Decimal, string>({
  name: 'Decimal',
  serialize: (value) => {
    if (value instanceof Decimal) return value.toFixed();
    if (typeof value === 'string' && decimalPattern.test(value)) return value;
    throw new TypeError(`not a decimal: ${String(value)}`);
  },
  parseValue: (value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return new Decimal(value);
    return parseDecimal(value, 'send a decimal as a string, for example "750.5"');
  },
  parseLiteral: (node) => parseDecimal(textOf(node, [Kind.STRING, Kind.INT, Kind.FLOAT]), 'not a decimal'),
});

/** A whole number of up to 64 bits, a string on the wire. In the services it is a safe integer. */
export const BigIntScalar = new GraphQLScalarType<number, string>({
  name: 'BigInt',
  serialize: (value) => {
    if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
    throw new TypeError(`not a whole number: ${String(value)}`);
  },
  parseValue: (value) => parseBigInt(typeof value === 'number' ? String(value) : value),
  parseLiteral: (node) => parseBigInt(textOf(node, [Kind.STRING, Kind.INT])),
});

/** An instant, RFC 3339 in UTC with milliseconds on the wire; input may carry any offset. In the services it is epoch milliseconds. */
export const DateTimeScalar = new GraphQLScalarType<number, string>({
  name: 'DateTime',
  serialize: (value) => {
    const time = value instanceof Date ? value : typeof value === 'number' ? new Date(value) : undefined;
    if (!time || Number.isNaN(time.getTime())) throw new TypeError(`not an instant: ${String(value)}`);
    return time.toISOString();
  },
  parseValue: parseDateTime,
  parseLiteral: (node) => parseDateTime(textOf(node, [Kind.STRING])),
});

/** An ISO 4217 code of a currency that is traded here. */
export const CurrencyCodeScalar = new GraphQLScalarType<string, string>({
  name: 'CurrencyCode',
  serialize: (value) => parseCurrency(value),
  parseValue: parseCurrency,
  parseLiteral: (node) => parseCurrency(textOf(node, [Kind.STRING])),
});

/** The resolvers of the scalars that every subgraph's schema declares. */
export const scalarResolvers = {
  Decimal: DecimalScalar,
  BigInt: BigIntScalar,
  DateTime: DateTimeScalar,
  CurrencyCode: CurrencyCodeScalar,
};

function textOf(node: ValueNode, kinds: Kind[]): unknown {
  return kinds.includes(node.kind) && 'value' in node ? node.value : undefined;
}

function parseDecimal(value: unknown, refusal: string): Decimal {
  if (typeof value === 'string' && decimalPattern.test(value)) return new Decimal(value);
  throw new GraphQLError(`${String(value)}: ${refusal}`);
}

function parseBigInt(value: unknown): number {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number))
    throw new GraphQLError(`${String(value)} is not a whole number, for example "4711"`);
  return number;
}

/** RFC 3339, section 5.6: date, time and offset are all required. */
function parseDateTime(value: unknown): number {
  const pattern = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
  const time = typeof value === 'string' && pattern.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw new GraphQLError(`${String(value)} is not an instant such as "2026-11-20T10:30:00Z"`);
  return time;
}

function parseCurrency(value: unknown): string {
  if (typeof value === 'string' && currencies.includes(value)) return value;
  throw new GraphQLError(`${String(value)} is not a currency that is traded here (${currencies.join(', ')})`);
}
