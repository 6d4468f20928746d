import { isCustomScalarType, isEnumType, type Schema, type Type } from '@apollo/federation-internals';
import { jsonText, stringText } from './json-text.ts';

/** Writes the JSON of a value. @throws notAsExpected for one that does not fit */
export type Writer = (value: unknown) => string;

/**
 * Thrown, always the same, where an answer is not simply what was selected: a value that does not fit its type, a null where
 * there must be none, an object that says to be of a type that is not known.
 */
export const notAsExpected = new Error('An answer is not as expected');

/** The writer of values of a scalar or an enum; which values fit is what `isValidLeafValue` of federation says. */
export function leafWriter(type: Type, schema: Schema): Writer {
  if (isCustomScalarType(type as Parameters<typeof isCustomScalarType>[0])) {
    return (value) => (value === null || value === undefined ? refuse() : jsonText(value));
  }
  if (isEnumType(type)) {
    const texts = new Map<unknown, string>(type.values.map(({ name }) => [name, `"${name}"`]));
    return (value) => texts.get(value) ?? refuse();
  }
  switch (type) {
    case schema.stringType():
      return (value) => (typeof value === 'string' ? stringText(value) : refuse());
    case schema.idType():
      return (value) => (typeof value === 'string' ? stringText(value) : integerText(value));
    case schema.intType():
      return integerText;
    case schema.floatType():
      return (value) => (typeof value === 'number' && Number.isFinite(value) ? `${value}` : refuse());
    case schema.booleanType():
      return (value) => (typeof value === 'boolean' ? `${value}` : refuse());
    default:
      return refuse;
  }
}

/** Numbers from 10²¹ on are written with an exponent, which is no integer. */
function integerText(value: unknown): string {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}` : refuse();
}

function refuse(): never {
  throw notAsExpected;
}
