import { Kind, type OperationDefinitionNode, type ValueNode } from 'graphql';
import { sum, type Term } from './cost-terms.ts';
import type { CostWeights, InputWeight } from './cost-weights.ts';

/** What an operation says of variables that are not given. */
export type Defaults = ReadonlyMap<string, ValueNode>;

/** The defaults of an operation's variables, by name. */
export function knownDefaults({ variableDefinitions = [] }: OperationDefinitionNode): Defaults {
  return new Map(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, defaultValue] as const] : [],
    ),
  );
}

/** Inputs that a client nests deeper than this are beyond all measure: what reads them would fail. */
const mostNested = 100;

/**
 * What an argument's value costs: an input object and everything in it, and whatever has a weight; each item of a list on
 * its own, and nothing what is null.
 */
export function inputCost(options: {
  value: ValueNode;
  input: InputWeight;
  weights: CostWeights;
  defaults: Defaults;
}): Term {
  const { value, input, weights, defaults } = options;

  function ofLiteral(node: ValueNode, { typeName, weight }: InputWeight): Term {
    switch (node.kind) {
      case Kind.NULL:
        return 0;
      case Kind.VARIABLE:
        return ofVariable(node.name.value, { typeName, weight, defaultValue: undefined });
      case Kind.LIST:
        return sum(node.values.map((item) => ofLiteral(item, { typeName, weight, defaultValue: undefined })));
      case Kind.OBJECT: {
        const fields = weights.inputFields(typeName);
        const given = node.fields.map((field) => {
          const known = fields?.get(field.name.value);
          return known ? ofLiteral(field.value, known) : 0;
        });
        return sum([weight, ...given]);
      }
      default:
        return weight;
    }
  }

  function ofVariable(name: string, given: InputWeight): Term {
    if (given.weight === 0 && !weights.inputFields(given.typeName)) return 0;
    const byDefault = defaults.get(name);
    // A default has no variables in it.
    const otherwise = byDefault ? (ofLiteral(byDefault, given) as number) : 0;
    return (variables) => (Object.hasOwn(variables, name) ? costOfJson(variables[name], given, weights, 0) : otherwise);
  }

  return ofLiteral(value, input);
}

function costOfJson(value: unknown, { typeName, weight }: InputWeight, weights: CostWeights, nested: number): number {
  if (value === null || value === undefined) return 0;
  if (nested > mostNested) return Infinity;
  if (Array.isArray(value)) {
    const item = { typeName, weight, defaultValue: undefined };
    return value.reduce<number>((total, each) => total + costOfJson(each, item, weights, nested + 1), 0);
  }
  const fields = typeof value === 'object' ? weights.inputFields(typeName) : undefined;
  if (!fields) return weight;
  let cost = weight;
  for (const [name, each] of Object.entries(value)) {
    const field = fields.get(name);
    if (field) cost += costOfJson(each, field, weights, nested + 1);
  }
  return cost;
}
