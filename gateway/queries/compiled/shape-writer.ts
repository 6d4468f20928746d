import { isCompositeType, type CompositeType, type Schema, type Type } from '@apollo/federation-internals';
import { shapedFields, UnclearShape, type Selected, type ShapedField } from './shape-fields.ts';
import { leafWriter, notAsExpected, type Writer } from './shape-leaves.ts';
import type { Tree } from './merge.ts';

type Shaping = { schema: Schema; conditions: Readonly<Record<string, unknown>> };

/**
 * Writes the JSON of an operation's data out of the answers of all subgraphs. What depends on the type of an object is found
 * out when the first object of that type is met.
 * @param conditions the values of the variables of `@skip` and `@include`
 * @throws notAsExpected where that is more than writing down what was answered
 */
export function createShapeWriter(
  selected: Selected,
  schema: Schema,
  conditions: Readonly<Record<string, unknown>>,
): Writer {
  return objectWriter([selected], { schema, conditions });
}

function objectWriter(selected: readonly Selected[], shaping: Shaping): Writer {
  const writers = new Map<string | undefined, Writer>();
  let lastTypeName: string | undefined;
  let lastWriter: Writer | undefined;
  return (value) => {
    if (typeof value !== 'object') throw notAsExpected;
    const typeName = (value as Tree).__typename as string | undefined;
    if (lastWriter === undefined || typeName !== lastTypeName) {
      lastWriter = writers.get(typeName) ?? makeWriter(selected, typeName, shaping);
      lastTypeName = typeName;
      // Types that do not exist have no writer: subgraphs cannot make this grow.
      writers.set(typeName, lastWriter);
    }
    return lastWriter(value);
  };
}

function makeWriter(selected: readonly Selected[], typeName: unknown, shaping: Shaping): Writer {
  const { schema, conditions } = shaping;
  if (typeName !== undefined && (typeof typeName !== 'string' || !isComposite(schema.type(typeName))))
    throw notAsExpected;
  try {
    return fieldsWriter(shapedFields(selected, typeName, schema, conditions), shaping);
  } catch (error) {
    throw error instanceof UnclearShape ? notAsExpected : error;
  }
}

function fieldsWriter(fields: readonly ShapedField[], shaping: Shaping): Writer {
  const writers = fields.map((field, index) => ({
    name: field.name,
    key: `${index === 0 ? '{' : ','}"${field.name}":`,
    isInherited: field.name in Object.prototype,
    write: field.typeName === undefined ? writerOf(field.type!, field.below, shaping) : typeNameWriter(field),
  }));
  if (writers.length === 0) return (value) => (Array.isArray(value) ? refuse() : '{}');
  return (value) => {
    if (Array.isArray(value)) throw notAsExpected;
    let text = '';
    for (const { name, key, isInherited, write } of writers) {
      const isThere = !isInherited || Object.hasOwn(value as Tree, name);
      text += key + write(isThere ? (value as Tree)[name] : undefined);
    }
    return `${text}}`;
  };
}

function writerOf(type: Type, below: readonly Selected[], shaping: Shaping): Writer {
  if (type.kind === 'NonNullType') return valueWriter(type.ofType, below, shaping);
  const write = valueWriter(type, below, shaping);
  return (value) => (value === null || value === undefined ? 'null' : write(value));
}

/** The writer of what is not null. */
function valueWriter(type: Type, below: readonly Selected[], shaping: Shaping): Writer {
  if (type.kind === 'ListType') return listWriter(writerOf(type.ofType, below, shaping));
  if (below.length === 0) return leafWriter(type, shaping.schema);
  const write = objectWriter(below, shaping);
  return (value) => (value === null ? refuse() : write(value));
}

function listWriter(write: Writer): Writer {
  return (value) => {
    if (!Array.isArray(value)) throw notAsExpected;
    if (value.length === 0) return '[]';
    let text = `[${write(value[0])}`;
    for (let index = 1; index < value.length; index++) text += `,${write(value[index])}`;
    return `${text}]`;
  };
}

/** Under another name than `__typename` a subgraph may have answered it, or not. */
function typeNameWriter({ typeName }: ShapedField): Writer {
  const text = `"${typeName}"`;
  return (value) => (value === typeName || value === undefined || value === null ? text : refuse());
}

function isComposite(type: Type | undefined): type is CompositeType {
  return type !== undefined && isCompositeType(type);
}

function refuse(): never {
  throw notAsExpected;
}
