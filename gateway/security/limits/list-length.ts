import { Kind, type FieldNode, type ValueNode } from 'graphql';
import type { Term, Variables } from './cost-terms.ts';
import type { FieldWeight, ListSize } from './cost-weights.ts';
import type { Defaults } from './input-cost.ts';

/** A length that is given, or not. */
type Given = number | undefined | ((variables: Variables) => number | undefined);

/**
 * How long the lists are that a field's `@listSize` is about: as long as its slicing arguments say, the longest where there
 * are several; else as long as is assumed of it, or of all lists.
 */
export function listLength(options: {
  listSize: ListSize;
  field: FieldWeight;
  node: FieldNode;
  defaults: Defaults;
  assumedListSize: number;
}): Term {
  const { listSize, field, node, defaults, assumedListSize } = options;
  const otherwise = listSize.assumedSize ?? assumedListSize;
  const lengths = listSize.slicingArguments.map((name): Given => {
    const argument = node.arguments?.find((each) => each.name.value === name);
    return givenLength(argument?.value, field.arguments.get(name)?.defaultValue, defaults);
  });
  const known = lengths.filter((length) => typeof length === 'number');
  const open = lengths.filter((length) => typeof length === 'function');
  if (open.length === 0) return known.length > 0 ? Math.max(...known) : otherwise;
  return (variables) => {
    let longest = known.length > 0 ? Math.max(...known) : undefined;
    for (const length of open) {
      const given = length(variables);
      if (given !== undefined) longest = Math.max(longest ?? 0, given);
    }
    return longest ?? otherwise;
  };
}

function givenLength(value: ValueNode | undefined, byDefault: ValueNode | undefined, defaults: Defaults): Given {
  const ofArgument = lengthIn(byDefault);
  if (!value) return ofArgument;
  if (value.kind !== Kind.VARIABLE) return lengthIn(value) ?? ofArgument;
  const name = value.name.value;
  // A variable that is not given leaves the argument out.
  const ofVariable = lengthIn(defaults.get(name)) ?? ofArgument;
  return (variables) => {
    const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (given === undefined) return ofVariable;
    return typeof given === 'number' ? Math.max(0, given) : ofArgument;
  };
}

function lengthIn(value: ValueNode | undefined): number | undefined {
  return value?.kind === Kind.INT ? Math.max(0, Number(value.value)) : undefined;
}
