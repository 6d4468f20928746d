import { operationFromDocument } from '@apollo/federation-internals';
import type { PlanNode, QueryPlan } from '@apollo/query-planner';
import { BREAK, Kind, visit, type DocumentNode } from 'graphql';
import type { ExecutablePlan, PlannedOperation } from './executable-plan.ts';
import { fetchStep } from './fetch-step.ts';
import { fitAnswer } from './fitted-answer.ts';
import type { Tree } from './merge.ts';
import { fetchesOf, isWrittenLater } from './plan-fetches.ts';
import { stepOf } from './plan-steps.ts';
import { createResultShape } from './result-shape.ts';
import type { Run } from './run.ts';
import { subgraphOperationOf } from './subgraph-operation.ts';

/**
 * Makes functions of a plan and of the shape of its answer, once for all executions.
 * @returns `undefined` for what only stock executes: introspection, deferred parts, and plans of a kind that is not known here
 */
export function compilePlan(planned: PlannedOperation): ExecutablePlan | undefined {
  const { plan, generation } = planned;
  const document = documentOf(planned);
  if (!isCompilable(plan.node) || asksForSchema(document)) return undefined;
  const operation =
    planned.plannerOperation ?? operationFromDocument(generation.plannerApiSchema, document, { validate: false });
  const shape = createResultShape(operation);
  const fetches = plan.node ? fetchesOf(plan.node) : [];
  const step =
    plan.node &&
    stepOf(plan.node, [], {
      variableDefinitions: operation.variableDefinitions,
      fetchStep: (node, path) =>
        fetchStep({
          node,
          operation: subgraphOperationOf(node, generation),
          path,
          isWrittenLater: isWrittenLater(
            fetches.find((fetch) => fetch.node === node)!,
            fetches,
          ),
          supergraphSchema: generation.supergraphSchema,
        }),
    });
  return {
    async execute({ variables, context, fetch, firstAnswer, isForgiving = false }) {
      const root = Object.create(null) as Tree;
      const run: Run = { variables, context, fetch, firstAnswer, root, errors: [], isForgiving };
      const ended = step?.(run, root);
      if (ended) await ended;
      const executed = shape(root, variables, run.errors);
      if (executed.data !== undefined || !isForgiving) return executed;
      const unfit = fitAnswer(operation, root);
      return unfit.length > 0 ? shape(root, variables, [...run.errors, ...unfit]) : executed;
    },
  };
}

/** The operation without others that are in the same document. */
function documentOf({ document, operation }: PlannedOperation): DocumentNode {
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  return { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] };
}

function asksForSchema(document: DocumentNode): boolean {
  let isFound = false;
  visit(document, {
    Field({ name }) {
      isFound ||= name.value === '__schema' || name.value === '__type';
      return isFound ? BREAK : undefined;
    },
  });
  return isFound;
}

function isCompilable(node: QueryPlan['node']): node is PlanNode | undefined {
  switch (node?.kind) {
    case undefined:
      return true;
    case 'Fetch': {
      const { requires, variableUsages = [], contextRewrites = [] } = node;
      // A variable of the client's cannot be told from the entities when it has their name.
      return contextRewrites.length === 0 && !(requires && variableUsages.includes('representations'));
    }
    case 'Flatten':
      return node.path.every(isName) && isCompilable(node.node);
    case 'Sequence':
    case 'Parallel':
      return node.nodes.every(isCompilable);
    case 'Condition':
      return isCompilable(node.ifClause) && isCompilable(node.elseClause);
    case 'Defer':
    case 'Subscription':
      return false;
  }
}

/** A name or `@`: not a place in a list, nor a name for some types only (`price|[Coin]`). */
function isName(step: string | number): boolean {
  return typeof step === 'string' && !step.includes('|');
}
