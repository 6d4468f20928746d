import type { Operation } from '@apollo/federation-internals';
import { computeResponse } from '@apollo/gateway/dist/resultShaping.js';
import type { Executed } from './executable-plan.ts';
import type { Tree } from './merge.ts';
import { conditionVariables } from './shape-fields.ts';
import { notAsExpected, type Writer } from './shape-leaves.ts';
import { createShapeWriter } from './shape-writer.ts';
import { GraphQLError } from 'graphql';

/** What the client gets out of all answers of an execution. */
export type ResultShape = (root: Tree, variables: Readonly<Record<string, unknown>>, errors: unknown[]) => Executed;

/** Writers that are kept of one operation: one for each way in which its conditions have been met. */
const keptWriters = 16;

/**
 * Makes the data of an operation from what its subgraphs have answered. Answers that are as expected are written down at
 * once; where one is not, stock's own shaping says what becomes of it.
 */
export function createResultShape(operation: Operation): ResultShape {
  const schema = operation.schema();
  const type = schema.schemaDefinition.rootType(operation.rootKind)!;
  const { selectionSet } = operation;
  const conditional = [...conditionVariables(selectionSet)];
  const defaults = operation.collectDefaultedVariableValues();
  const writers = new Map<string, Writer>();

  /** @throws notAsExpected where a condition has no value */
  function writerFor(variables: Readonly<Record<string, unknown>>): Writer {
    const conditions: Record<string, boolean> = {};
    let key = '';
    for (const name of conditional) {
      const value = Object.hasOwn(variables, name) ? variables[name] : defaults[name];
      if (typeof value !== 'boolean') throw notAsExpected;
      conditions[name] = value;
      key += value ? '1' : '0';
    }
    const known = writers.get(key);
    if (known) return known;
    if (writers.size >= keptWriters) throw notAsExpected;
    const writer = createShapeWriter({ selectionSet, type }, schema, conditions);
    writers.set(key, writer);
    return writer;
  }

  return (root, variables, errors) => {
    try {
      return { data: writerFor(variables)(root), errors };
    } catch (error) {
      if (error !== notAsExpected) throw error;
      return shapedByStock(operation, root, variables, errors);
    }
  };
}

function shapedByStock(
  operation: Operation,
  input: Tree,
  variables: Readonly<Record<string, unknown>>,
  errors: unknown[],
): Executed {
  try {
    const shaped = computeResponse({ operation, variables, input, introspectionHandling: notPlanned });
    const data = JSON.stringify(shaped.data);
    if (errors.length > 0 || shaped.errors.length === 0) return { data, errors };
    return { data, errors, extensions: { valueCompletion: shaped.errors } };
  } catch (error) {
    const told =
      error instanceof GraphQLError
        ? error
        : new GraphQLError((error as Error).message, { originalError: error as Error });
    return { data: undefined, errors: [told] };
  }
}

function notPlanned(): never {
  throw new Error('Introspection is not part of a compiled plan');
}
