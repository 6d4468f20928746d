import { GraphQLError, Kind, parse, valueFromASTUntyped, type OperationDefinitionNode } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { LRUCache } from 'lru-cache';
import { bodyHeadOf, type SubgraphOperation } from '../../queries/subgraph-fetch.ts';
import type { OperationVariant } from '../../security/access/operation-variant.ts';
import type { Generation } from '../../supergraph/generation.ts';
import {
  canonicalFetch,
  canonicalSubscription,
  normalisedOperation,
  operationOf,
  type CanonicalSubscription,
} from './canonical-request.ts';
import type { Shape } from './response-shape.ts';
import type { SubscriptionPlan } from './subscription-plan.ts';
import type { UnsafeFields } from './unsafe-fields.ts';

/** A subscription with its variables: all that clients share who send the same, in whatever words. */
export type PreparedSubscription = {
  plan: SubscriptionPlan;
  variables: Record<string, unknown>;
  /** Of what the plan is only a part that the caller may see; `undefined` where it is all of what was asked for. */
  variant: OperationVariant | undefined;
  /** What is subscribed to at the owning subgraph. */
  upstream: CanonicalSubscription;
  /** Names what is executed for each event, upstream included; the identity of the caller comes beside it. */
  text: string;
  isConflatable: boolean;
  /** Whether the answer depends on who asks. */
  isPersonal: boolean;
  /** Whether already the event of the owning subgraph does. */
  isUpstreamPersonal: boolean;
  /** The canonical form of a fetch of the plan. */
  fetch(operation: SubgraphOperation): CanonicalFetch;
};

/** A fetch, written so that all who want the same of an event send the same. */
export type CanonicalFetch = {
  operation: SubgraphOperation;
  /** Makes the answer that was planned for from the one to this operation. */
  shape: Shape;
};

export type SubscriptionPreparer = {
  /**
   * @returns the subscription, and behind what the client resumes, from the argument `after` of its root field
   * @throws GraphQLError for variables that do not fit
   */
  prepare(
    plan: SubscriptionPlan,
    variables: Record<string, unknown>,
    variant?: OperationVariant,
  ): { prepared: PreparedSubscription; after: string | undefined };
  /** Prepares what has been prepared for another generation. @param variables those of the prepared subscription */
  prepareAgain(
    plan: SubscriptionPlan,
    variables: Record<string, unknown>,
    variant?: OperationVariant,
  ): PreparedSubscription;
};

/** Characters of texts that are kept of all prepared subscriptions together, and of one: clients choose their length. */
const keptCharacters = 16_000_000;
const longestKept = 64_000;

/** Prepares the subscriptions of one generation; what was made is kept by plan and variables. */
export function createSubscriptionPreparer(generation: Generation, unsafe: UnsafeFields): SubscriptionPreparer {
  const numbers = new WeakMap<SubscriptionPlan, number>();
  let plans = 0;
  const known = new LRUCache<string, PreparedSubscription>({
    maxSize: keptCharacters,
    maxEntrySize: longestKept,
    sizeCalculation: ({ text, upstream }, key) => key.length + text.length + upstream.text.length,
  });

  function numberOf(plan: SubscriptionPlan): number {
    const number = numbers.get(plan) ?? (plans += 1);
    numbers.set(plan, number);
    return number;
  }

  function prepared(
    plan: SubscriptionPlan,
    variables: Record<string, unknown>,
    variant?: OperationVariant,
  ): PreparedSubscription {
    const version = unsafe.version(plan.serviceName, plan.rootField);
    const sorted = Object.entries(variables).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const key = `${numberOf(plan)} ${version} ${variant?.reason} ${JSON.stringify(sorted)}`;
    const made = known.get(key) ?? make(plan, variables, variant);
    known.set(key, made);
    return made;
  }

  return {
    prepare(plan, variables, variant) {
      const { errors } = getVariableValues(generation.apiSchema, plan.operation.variableDefinitions ?? [], variables, {
        maxErrors: 1,
      });
      if (errors) {
        const { message, nodes } = errors[0]!;
        throw new GraphQLError(message, { nodes, extensions: { code: 'BAD_USER_INPUT' } });
      }
      const { after, rest } = resumption(plan, variables);
      return { prepared: prepared(plan, rest, variant), after };
    },
    prepareAgain: prepared,
  };

  function make(
    plan: SubscriptionPlan,
    variables: Record<string, unknown>,
    variant: OperationVariant | undefined,
  ): PreparedSubscription {
    const { supergraphSchema: schema, apiSchema, streamRules } = generation;
    const upstream = canonicalSubscription({
      operation: plan.upstream.operation,
      variables,
      schema,
      ownFields: (typeName) => generation.ownFields(plan.serviceName, typeName),
      isUnsafe: (path) => unsafe.has(plan.serviceName, path),
    });
    const fetches = new Map<SubgraphOperation, CanonicalFetch>();
    const asked = parse(upstream.text);
    const isUpstreamPersonal = streamRules.isPersonal(asked, operationOf(asked));
    return {
      plan,
      variables,
      upstream,
      variant,
      text: [
        normalisedOperation(plan.document, plan.operation, { schema: apiSchema, variables }),
        // Who may see the same of different operations is told of different fields that they are refused.
        ...(variant
          ? [
              normalisedOperation(variant.needs.document, variant.needs.operation, { schema: apiSchema, variables }),
              variant.key,
              variant.reason,
            ]
          : []),
      ].join('\n'),
      isConflatable: streamRules.isConflatable(plan.rootField),
      // What the planner adds to an operation, such as keys, may be personal where nothing of the operation is.
      isPersonal: isUpstreamPersonal || streamRules.isPersonal(plan.document, plan.operation),
      isUpstreamPersonal,
      fetch(operation) {
        const existing = fetches.get(operation);
        if (existing) return existing;
        const { text, shape } = canonicalFetch({ operation: operation.text, variables, schema });
        const named = { text, operationName: undefined, bodyHead: bodyHeadOf(text, undefined) };
        const fetch = { operation: { ...operation, ...named }, shape };
        fetches.set(operation, fetch);
        return fetch;
      },
    };
  }
}

/**
 * Behind what a client resumes, and its variables without that: the argument `after` of the root field, or the variable
 * that is given for it and used nowhere else.
 */
function resumption(plan: SubscriptionPlan, variables: Record<string, unknown>) {
  const { resumeValue } = plan;
  if (!resumeValue) return { after: undefined, rest: variables };
  if (resumeValue.kind !== Kind.VARIABLE) return { after: textOf(valueFromASTUntyped(resumeValue)), rest: variables };
  const name = resumeValue.name.value;
  const { [name]: given, ...rest } = variables;
  const after = Object.hasOwn(variables, name) ? given : defaultOf(name, plan.operation);
  return { after: textOf(after), rest: plan.isResumeVariableUsedElsewhere ? variables : rest };
}

function defaultOf(variable: string, { variableDefinitions }: OperationDefinitionNode): unknown {
  const value = variableDefinitions?.find((definition) => definition.variable.name.value === variable)?.defaultValue;
  return value && valueFromASTUntyped(value);
}

function textOf(after: unknown): string | undefined {
  return after === null || after === undefined ? undefined : String(after);
}
