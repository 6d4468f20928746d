import type fc from 'fast-check';
import {
  GraphQLBoolean,
  GraphQLNonNull,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

export type RandomOperation = { text: string; variables: Record<string, unknown> };

/**
 * An operation on some field, or on any fields of a root type, as clients may write it: aliases, arguments as literals and variables with defaults or
 * without a value, `@skip` and `@include`, fragments within fragments. It may be invalid where aliases meet.
 * @param random tells a number from 0 to below its argument
 */
export function randomOperation(
  schema: GraphQLSchema,
  root: {
    keyword: string;
    leaveOut?: readonly string[];
    aliases?: readonly string[];
  } & ({ field: GraphQLField<unknown, unknown> } | { type: GraphQLCompositeType; depth: number }),
  random: (below: number) => number,
): RandomOperation {
  const definitions: string[] = [];
  const fragments: string[] = [];
  const variables: Record<string, unknown> = {};
  /** What stands behind a name is the same wherever it stands: most operations are valid then. */
  const argumentsOf = new Map<string, string>();
  const oneOf = <T>(things: readonly T[]): T => things[random(things.length)]!;
  const oneIn = (number: number) => random(number) === 0;

  function input(type: GraphQLInputType, depth: number): unknown {
    if (!isNonNullType(type) && oneIn(5)) return null;
    const inner = getNullableType(type);
    if (isListType(inner))
      return Array.from({ length: random(3) }, () => input(inner.ofType as GraphQLInputType, depth));
    if (isEnumType(inner)) return oneOf(inner.getValues()).name;
    if (isInputObjectType(inner)) {
      const fields = Object.values(inner.getFields()).filter(
        ({ type: of }) => isNonNullType(of) || (depth > 0 && oneIn(2)),
      );
      return Object.fromEntries(fields.map((field) => [field.name, input(field.type, depth - 1)]));
    }
    switch (inner.toString()) {
      case 'Int':
        return random(4) - 1;
      case 'Float':
        return random(4) / 2;
      case 'Boolean':
        return oneIn(2);
      case 'Json':
        return oneOf([1, 'one', true, { b: [1.5, 'x'], a: { c: null } }, ['y', 2], 1e21]);
      default:
        return oneOf(['7', 'A', 'say "7"\n', '']);
    }
  }

  function literal(value: unknown, type: GraphQLInputType | undefined): string {
    const inner = type && getNullableType(type);
    if (value === null || value === undefined) return 'null';
    if (Array.isArray(value)) {
      const ofItem = isListType(inner) ? (inner.ofType as GraphQLInputType) : undefined;
      return `[${value.map((item) => literal(item, ofItem)).join(', ')}]`;
    }
    if (isEnumType(inner)) return String(value);
    if (typeof value === 'object') {
      const fields = isInputObjectType(inner) ? inner.getFields() : {};
      return `{${Object.entries(value).map(([name, field]) => `${name}: ${literal(field, fields[name]?.type)}`)}}`;
    }
    return JSON.stringify(value);
  }

  function variable(type: GraphQLInputType): string {
    const name = `v${definitions.length}`;
    const byDefault = oneIn(3) ? ` = ${literal(input(type, 1), type)}` : '';
    const isGiven = (isNonNullType(type) && byDefault === '') || oneIn(2);
    definitions.push(`$${name}: ${type.toString()}${byDefault}`);
    if (isGiven) variables[name] = input(type, 2);
    return `$${name}`;
  }

  function argument({ name, type, defaultValue }: GraphQLArgument): string[] {
    const isRequired = isNonNullType(type) && defaultValue === undefined;
    if (!isRequired && oneIn(2)) return [];
    return [`${name}: ${oneIn(2) ? variable(type) : literal(input(type, 2), type)}`];
  }

  function condition(): string {
    if (!oneIn(6)) return '';
    const value = oneIn(2) ? String(oneIn(2)) : variable(new GraphQLNonNull(GraphQLBoolean));
    return ` @${oneOf(['skip', 'include'])}(if: ${value})`;
  }

  function aliasOf(name: string): string {
    return root.aliases && oneIn(8) ? oneOf(root.aliases) : `${oneOf(['b', 'a', name])}${random(2)}`;
  }

  function field(definition: GraphQLField<unknown, unknown>, depth: number, isRoot = false): string {
    const { name, args } = definition;
    const alias = oneIn(2) ? '' : aliasOf(name);
    const known = argumentsOf.get(`${name} ${alias}`);
    const given = args.filter((each) => !root.leaveOut?.includes(each.name)).flatMap(argument);
    const text = known ?? (given.length > 0 ? `(${given.join(' ')})` : '');
    argumentsOf.set(`${name} ${alias}`, text);
    const type = getNamedType(definition.type);
    const below = isCompositeType(type) ? ` ${selection(type, depth - 1)}` : '';
    return `${alias ? `${alias}: ` : ''}${name}${text}${isRoot ? '' : condition()}${below}`;
  }

  function fragment(type: GraphQLCompositeType, depth: number): string {
    const on = oneOf([type, ...relativesOf(schema, type)]);
    const text = selection(on, depth - 1);
    if (!oneIn(3)) return `... ${oneIn(4) && on === type ? '' : `on ${on.name}`}${condition()} ${text}`;
    const name = `F${fragments.length}`;
    fragments.push(`fragment ${name} on ${on.name} ${text}`);
    return `...${name}${condition()}`;
  }

  function selection(type: GraphQLCompositeType, depth: number): string {
    const fields = isUnionType(type) ? [] : Object.values(type.getFields());
    const leaves = fields.filter(({ type: of }) => !isCompositeType(getNamedType(of)));
    const chosen = Array.from({ length: 1 + random(3) }, () => {
      if (depth > 0 && oneIn(3)) return fragment(type, depth);
      const some = depth > 0 ? fields : leaves;
      return some.length === 0 || oneIn(8) ? oneOf(['__typename', 't: __typename']) : field(oneOf(some), depth);
    });
    return `{ ${chosen.join(' ')} }`;
  }

  const body = 'field' in root ? `{ ${field(root.field, 4, true)} }` : selection(root.type, root.depth);
  const head = definitions.length > 0 ? `(${definitions.join(' ')})` : '';
  return { text: [`${root.keyword} Mine${head} ${body}`, ...fragments].join('\n'), variables };
}

/** Numbers that fast-check chooses, and makes smaller when a property fails. */
export function randomOf(arbitraries: typeof fc, next: fc.GeneratorValue): (below: number) => number {
  return (below) => next(arbitraries.nat, { max: below - 1 });
}

function relativesOf(schema: GraphQLSchema, type: GraphQLCompositeType): GraphQLCompositeType[] {
  const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  const around = Object.values(schema.getTypeMap()).filter(isCompositeType);
  const members = isObjectType(type) ? [type] : possible;
  return around
    .filter((other) => isAbstractType(other) && members.some((member) => schema.isSubType(other, member)))
    .concat(possible);
}
