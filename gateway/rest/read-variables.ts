import { GraphQLBoolean, GraphQLFloat, GraphQLInt, isEnumType, isListType, type GraphQLInputType } from 'graphql';
import { nullable, type RestOperation, type RestParameter } from './rest-operation.ts';

/** What is wrong with one parameter of a request. */
export type ParameterProblem = { parameter: string; message: string };

export type ReadVariables = { variables: Record<string, unknown> } | { problems: ParameterProblem[] };

/**
 * The variables of an operation from the query of a URL. Numbers, truth values and enums are read by their type, all else is
 * text; lists are given by repeating the parameter, input objects field by field (`where.status=PAID`) or as JSON.
 * @returns the variables, or everything that is wrong with the parameters
 */
export function readQueryVariables(operation: RestOperation, given: URLSearchParams): ReadVariables {
  const known = new Map(operation.parameters.map((parameter) => [parameter.name, parameter]));
  const problems = unknownOnes([...new Set(given.keys())], [...known.keys()]);
  const variables: Record<string, unknown> = {};
  const fieldByField = new Set<unknown>();
  for (const [name, parameter] of known) {
    const texts = given.getAll(name);
    if (texts.length === 0) continue;
    try {
      put(variables, parameter.path, readValue(parameter, texts), fieldByField);
    } catch (error) {
      problems.push({ parameter: name, message: (error as Error).message });
    }
  }
  return checked(operation, variables, problems);
}

/** The variables of an operation from the JSON body of a request; their values are the pipeline's to judge. */
export function readBodyVariables(operation: RestOperation, body: unknown): ReadVariables {
  const given = body ?? {};
  if (typeof given !== 'object' || Array.isArray(given))
    return { problems: [{ parameter: '', message: 'The body must be a JSON object with the variables' }] };
  const names = operation.variables.map(({ name }) => name);
  return checked(operation, given as Record<string, unknown>, unknownOnes(Object.keys(given), names));
}

function checked(
  operation: RestOperation,
  variables: Record<string, unknown>,
  problems: ParameterProblem[],
): ReadVariables {
  const wrong = new Set(problems.map(({ parameter }) => parameter.split('.')[0]));
  const missing = operation.variables
    .filter(({ name, isRequired }) => isRequired && (variables[name] ?? null) === null && !wrong.has(name))
    .map(({ name, type }) => ({ parameter: name, message: `is required (${String(type)})` }));
  const all = [...problems, ...missing];
  return all.length > 0 ? { problems: all } : { variables };
}

function unknownOnes(given: readonly string[], known: readonly string[]): ParameterProblem[] {
  const names = known.length > 0 ? `the known ones are ${known.join(', ')}` : 'there are none';
  return given
    .filter((name) => !known.includes(name))
    .map((parameter) => ({ parameter, message: `is not known: ${names}` }));
}

/**
 * Sets a variable, or a field of one.
 * @param fieldByField the objects that have come of fields, to be told from those that were given as JSON
 * @throws Error where the variable was given as JSON too
 */
function put(
  variables: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
  fieldByField: Set<unknown>,
): void {
  let object = variables;
  for (const name of path.slice(0, -1)) {
    if (object[name] === undefined) fieldByField.add((object[name] = {}));
    if (!fieldByField.has(object[name])) throw new Error(`give either ${name} as JSON or its fields`);
    object = object[name] as Record<string, unknown>;
  }
  object[path.at(-1)!] = value;
}

/** @throws Error with what is wrong, to follow the parameter's name */
function readValue({ type, isJson }: RestParameter, texts: readonly string[]): unknown {
  if (isListType(type)) return texts.map((text) => (isJson ? readJson(text) : readLeaf(nullable(type.ofType), text)));
  if (texts.length > 1) throw new Error('is given several times, and is no list');
  return isJson ? readJson(texts[0]!) : readLeaf(type, texts[0]!);
}

function readLeaf(type: GraphQLInputType, text: string): unknown {
  if (type === GraphQLInt) {
    if (!/^-?\d{1,10}$/.test(text)) throw new Error('must be a whole number');
    return Number(text);
  }
  if (type === GraphQLFloat) {
    if (text.trim() === '' || !Number.isFinite(Number(text))) throw new Error('must be a number');
    return Number(text);
  }
  if (type === GraphQLBoolean) {
    if (text !== 'true' && text !== 'false') throw new Error('must be true or false');
    return text === 'true';
  }
  if (!isEnumType(type) || type.getValue(text)) return text;
  const values = type.getValues().map(({ name }) => name);
  throw new Error(`must be one of ${values.join(', ')}`);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('must be JSON');
  }
}
