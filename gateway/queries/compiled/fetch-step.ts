import { applyRewrites } from '@apollo/gateway/dist/dataRewrites.js';
import type { FetchNode } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import type { SubgraphAnswer, SubgraphOperation } from '../subgraph-fetch.ts';
import { merge, type Tree } from './merge.ts';
import { createEntityPutter, entitiesOf } from './put-entities.ts';
import { createRepresentationWriter } from './representations.ts';
import type { Run, Step } from './run.ts';
import { errorsOfSubgraph } from './subgraph-errors.ts';
import { errorsOfPlaces, uniqueRepresentations, type UniqueRepresentations } from './unique-representations.ts';

/** A fetch of a plan, and where it is made. */
export type PlacedFetch = {
  node: FetchNode;
  operation: SubgraphOperation;
  /** From the root of the answer. */
  path: (string | number)[];
  /** Whether something else may write into what this fetch has brought. */
  isWrittenLater: boolean;
  supergraphSchema: GraphQLSchema;
};

/**
 * A fetch as a step: it asks the subgraph and puts the answer where it belongs. What goes wrong is an error of the
 * execution, never a rejection.
 */
export function fetchStep(placed: PlacedFetch): Step {
  return placed.node.requires ? entitiesStep(placed) : fieldsStep(placed);
}

function fieldsStep({ node, operation, path, supergraphSchema }: PlacedFetch): Step {
  const variablesText = variablesWriter(node);

  async function ask(run: Run, targets: readonly unknown[]): Promise<void> {
    try {
      const answer = await answerOf(run, operation, variablesText(run.variables), undefined);
      if (answer.errors) {
        const place = { path, root: run.root, isOfEntities: false };
        run.errors.push(...errorsOfSubgraph(answer.errors, operation.subgraph, place));
      }
      if (answer.data) applyRewrites(supergraphSchema, node.outputRewrites, answer.data);
      for (const target of targets) merge(target as Tree, answer.data);
    } catch (error) {
      run.errors.push(error);
    }
  }

  return (run, data) => {
    const targets = targetsIn(data);
    return targets.length > 0 ? ask(run, targets) : undefined;
  };
}

function entitiesStep(placed: PlacedFetch): Step {
  const { node, operation, path, supergraphSchema } = placed;
  const variablesText = variablesWriter(node);
  const representationOf = createRepresentationWriter(node, supergraphSchema);
  const put = createEntityPutter(placed);

  async function ask(run: Run, targets: readonly unknown[], unique: UniqueRepresentations): Promise<void> {
    try {
      const answer = await answerOf(run, operation, variablesText(run.variables), unique.texts);
      if (answer.errors) {
        const errors = errorsOfPlaces(answer.errors, unique);
        const place = { path, root: run.root, isOfEntities: true };
        run.errors.push(...errorsOfSubgraph(errors, operation.subgraph, place));
      }
      if (answer.data) put(targets, entitiesOf(answer.data, unique), unique);
    } catch (error) {
      run.errors.push(error);
    }
  }

  return (run, data) => {
    try {
      const wanted: string[] = [];
      const targets: unknown[] = [];
      for (const target of targetsIn(data)) {
        const representation = representationOf(target);
        if (representation === undefined) continue;
        wanted.push(representation);
        targets.push(target);
      }
      return wanted.length > 0 ? ask(run, targets, uniqueRepresentations(wanted)) : undefined;
    } catch (error) {
      run.errors.push(error);
      return undefined;
    }
  };
}

function targetsIn(data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) return [data];
  return data.filter((item) => item !== null && item !== undefined);
}

function answerOf(
  run: Run,
  operation: SubgraphOperation,
  variables: string,
  representations: readonly string[] | undefined,
): SubgraphAnswer | Promise<SubgraphAnswer> {
  const given = run.firstAnswer;
  if (!given) return run.fetch({ operation, variables, representations }, run.context);
  run.firstAnswer = undefined;
  return given;
}

/** What the client gave for the variables of a fetch, as JSON without the braces. */
function variablesWriter({ variableUsages = [] }: FetchNode): (variables: Run['variables']) => string {
  const names = variableUsages.map((name) => ({ name, key: `${JSON.stringify(name)}:` }));
  return (variables) => {
    let text = '';
    for (const { name, key } of names) {
      if (!Object.hasOwn(variables, name) || variables[name] === undefined) continue;
      text += (text === '' ? key : `,${key}`) + JSON.stringify(variables[name]);
    }
    return text;
  };
}
