import { operationFromDocument } from '@apollo/federation-internals';
import type { FetchNode, PlanNode } from '@apollo/query-planner';
import {
  GraphQLError,
  Kind,
  parse,
  visit,
  type DocumentNode,
  type OperationDefinitionNode,
  type ValueNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { compilePlan } from '../../queries/compiled/compile-plan.ts';
import type { ExecutablePlan } from '../../queries/compiled/executable-plan.ts';
import { stockPlan } from '../../queries/compiled/stock-plan.ts';
import type { Generation } from '../../supergraph/generation.ts';
import { operationOf, resumeArgument, rootFieldOf } from './canonical-request.ts';

/** How one subscription is run: what is subscribed to at the owning subgraph, and what is done with each event. */
export type SubscriptionPlan = {
  generation: Generation;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** The subgraph that owns the subscription's root field. */
  serviceName: string;
  rootField: string;
  /** What is subscribed to there. */
  upstream: FetchNode;
  /** What is done with an event: its first fetch is answered with the event, the rest joins what other subgraphs know. */
  eventPlan: PlanNode;
  /** Runs the event plan. */
  perEvent: ExecutablePlan;
  /** What the client gave for the argument `after` of the root field: behind what it resumes. */
  resumeValue: ValueNode | undefined;
  /** Whether the variable that it gave there is used elsewhere too. */
  isResumeVariableUsedElsewhere: boolean;
};

export type SubscriptionPlanner = {
  /** @throws GraphQLError for an operation that cannot be planned */
  plan(document: DocumentNode, operation: OperationDefinitionNode): SubscriptionPlan;
};

/** Characters of documents whose plans are kept, of all together and of one: clients choose their length. */
const keptCharacters = 4_000_000;
const longestKept = 64_000;

/** Plans the subscriptions of one generation. Plans are kept by document and operation: planning takes about 1.5 ms. */
export function createSubscriptionPlanner(generation: Generation): SubscriptionPlanner {
  const plans = new LRUCache<DocumentNode, Map<OperationDefinitionNode, SubscriptionPlan>>({
    maxSize: keptCharacters,
    maxEntrySize: longestKept,
    // A plan is there for as long as its document is: short ones weigh something, too.
    sizeCalculation: (_plans, { loc }) => 1_000 + (loc?.end ?? 0),
  });
  return {
    plan(document, operation) {
      const ofDocument = plans.get(document) ?? new Map<OperationDefinitionNode, SubscriptionPlan>();
      const existing = ofDocument.get(operation);
      if (existing) return existing;
      const plan = makePlan(generation, document, operation);
      plans.set(document, ofDocument.set(operation, plan));
      return plan;
    },
  };
}

function makePlan(
  generation: Generation,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): SubscriptionPlan {
  const operationName = operation.name?.value;
  const plannerOperation = operationFromDocument(generation.plannerApiSchema, document, { operationName });
  const planned = generation.planner.buildQueryPlan(plannerOperation);
  if (planned.node?.kind !== 'Subscription') throw new GraphQLError('This operation is not a subscription');
  const { primary, rest } = planned.node;
  const eventPlan: PlanNode = { kind: 'Sequence', nodes: rest ? [primary, rest] : [primary] };
  const ofEvent = {
    plan: { kind: 'QueryPlan', node: eventPlan } as const,
    document,
    operation,
    plannerOperation,
    generation,
  };
  return {
    generation,
    document,
    operation,
    serviceName: primary.serviceName,
    upstream: primary,
    eventPlan,
    perEvent: compilePlan(ofEvent) ?? stockPlan(ofEvent),
    ...rootOf(document, parse(primary.operation)),
  };
}

/**
 * The root field, and how the client says there where it resumes; found in the planned operation, where it is not within a
 * fragment.
 */
function rootOf(document: DocumentNode, planned: DocumentNode) {
  const root = rootFieldOf(operationOf(planned));
  const argument = root.arguments?.find(({ name }) => name.value === resumeArgument);
  const variable = argument?.value.kind === Kind.VARIABLE ? argument.value.name.value : undefined;
  let uses = 0;
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void (uses += name.value === variable ? 1 : 0),
  });
  return { rootField: root.name.value, resumeValue: argument?.value, isResumeVariableUsedElsewhere: uses > 1 };
}
