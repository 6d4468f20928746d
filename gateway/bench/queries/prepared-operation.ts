import {
  Kind,
  OperationTypeNode,
  parse,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { instrumentOf, leaves, numberIn, productsOn } from './shelf.ts';

type Variables = Record<string, unknown>;
type TypeName = keyof typeof leaves;
/** Writes what was selected of the thing with this number, as JSON. */
type Write = (number: number) => string;
type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** Objects below objects: their type, and which of it. */
const objects: Partial<Record<TypeName, Record<string, { typeName: TypeName; numberOf(number: number): number }>>> = {
  Product: {
    instrument: { typeName: 'Instrument', numberOf: instrumentOf },
    stock: { typeName: 'Stock', numberOf: (number) => number },
  },
};

const keys: Record<string, { typeName: TypeName; field: string }> = {
  Product: { typeName: 'Product', field: 'sku' },
  Instrument: { typeName: 'Instrument', field: 'symbol' },
};

/**
 * Reads an operation of a subgraph once, and gives what answers it with JSON text for any variables: what a subgraph costs
 * is not what is measured here.
 * @throws Error for what these subgraphs do not have
 */
export function prepareOperation(text: string): (variables: Variables) => string {
  const { definitions } = parse(text, { noLocation: true });
  const operation = definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  if (operation?.operation !== OperationTypeNode.QUERY) throw new Error('only queries are answered here');
  const fragments: Fragments = new Map(
    definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION).map((each) => [each.name.value, each]),
  );
  const fields = fieldsOf(operation.selectionSet, 'Query', fragments).map((field) => {
    const head = `${JSON.stringify(field.alias?.value ?? field.name.value)}:`;
    const value = prepareRoot(field, fragments);
    return (variables: Variables) => head + value(variables);
  });
  return (variables) => `{"data":{${fields.map((write) => write(variables)).join(',')}}}`;
}

function prepareRoot(field: FieldNode, fragments: Fragments): (variables: Variables) => string {
  if (field.name.value === 'products') {
    const write = prepareObject('Product', field.selectionSet!, fragments);
    const [page, first] = [argument(field, 'page'), argument(field, 'first')];
    return (variables) =>
      `[${productsOn(Number(page(variables)), Number(first(variables)))
        .map(write)
        .join(',')}]`;
  }
  if (field.name.value === '_entities') {
    const write = Object.fromEntries(
      Object.values(keys).map(({ typeName }) => [typeName, prepareObject(typeName, field.selectionSet!, fragments)]),
    );
    const representations = argument(field, 'representations');
    return (variables) => {
      const asked = representations(variables) as Record<string, string>[];
      return `[${asked.map((each) => write[each.__typename!]!(numberIn(each[keys[each.__typename!]!.field]!))).join(',')}]`;
    };
  }
  throw new Error(`Query has no field ${field.name.value}`);
}

function prepareObject(typeName: TypeName, selectionSet: SelectionSetNode, fragments: Fragments): Write {
  const writers = fieldsOf(selectionSet, typeName, fragments).map((field, index): Write => {
    const name = field.name.value;
    const head = `${index === 0 ? '' : ','}${JSON.stringify(field.alias?.value ?? name)}:`;
    if (name === '__typename') return () => `${head}"${typeName}"`;
    const object = objects[typeName]?.[name];
    if (object) {
      const write = prepareObject(object.typeName, field.selectionSet!, fragments);
      return (number) => head + write(object.numberOf(number));
    }
    const leaf = (leaves[typeName] as Record<string, (number: number) => string | number>)[name];
    if (!leaf) throw new Error(`${typeName} has no field ${name}`);
    return (number) => head + JSON.stringify(leaf(number));
  });
  return (number) => {
    let text = '{';
    for (const write of writers) text += write(number);
    return `${text}}`;
  };
}

/** The fields that are selected of this type, through fragments; each key once. */
function fieldsOf(selectionSet: SelectionSetNode, typeName: string, fragments: Fragments): FieldNode[] {
  const fields = new Map<string, FieldNode>();
  for (const selection of selectionSet.selections) {
    if (selection.kind === Kind.FIELD) fields.set(selection.alias?.value ?? selection.name.value, selection);
    else {
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value)! : selection;
      if ((fragment.typeCondition?.name.value ?? typeName) !== typeName) continue;
      for (const field of fieldsOf(fragment.selectionSet, typeName, fragments))
        fields.set(field.alias?.value ?? field.name.value, field);
    }
  }
  return [...fields.values()];
}

function argument(field: FieldNode, name: string): (variables: Variables) => unknown {
  const value = field.arguments?.find((each) => each.name.value === name)?.value;
  if (!value) throw new Error(`${field.name.value} is asked without ${name}`);
  return prepareValue(value);
}

function prepareValue(value: ValueNode): (variables: Variables) => unknown {
  if (value.kind === Kind.VARIABLE) return (variables) => variables[value.name.value];
  if (value.kind === Kind.LIST) {
    const items = value.values.map(prepareValue);
    return (variables) => items.map((item) => item(variables));
  }
  if (value.kind === Kind.OBJECT) {
    const fields = value.fields.map((field) => [field.name.value, prepareValue(field.value)] as const);
    return (variables) => Object.fromEntries(fields.map(([name, item]) => [name, item(variables)]));
  }
  const literal = value.kind === Kind.NULL ? null : value.value;
  return () => literal;
}
