import type { DocumentNode, ExecutionResult, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Caller } from '#shared/caller.ts';
import type { AccessRules } from '../../supergraph/access-rules.ts';
import type { AllowedPart } from './allowed-part.ts';
import { createCallerRights, rolePolicies, type Policies } from './caller-rights.ts';
import { completedAnswer } from './completed-answer.ts';
import type { Variables } from './conditions.ts';
import { findNeeds, type OperationNeeds } from './operation-needs.ts';
import { isAllOrNothing, makeVariant, refusalsOf, variantKey, type OperationVariant } from './operation-variant.ts';

/** Enforces the access rules of one generation, before anything is planned. */
export type AccessControl = {
  /**
   * What it takes to be answered an operation; `undefined` for one that touches nothing protected, which needs no more
   * attention. Found once for each operation, and kept for as long as its document is.
   */
  needsOf(document: DocumentNode, operation: OperationDefinitionNode): OperationNeeds | undefined;
  /** @returns what a caller may see of an operation; `undefined` where it is all of it */
  variantFor(needs: OperationNeeds, caller: Caller): OperationVariant | undefined;
  /** The variant with a key that was given for an operation with the same signature. */
  variantOf(needs: OperationNeeds, key: string, isSignedIn: boolean): OperationVariant;
  /**
   * Answers an operation to a caller who may see only a part of it: executes that part, puts null where the rest would be, and
   * says so. Where nothing is left, and for a mutation of which anything is refused, nothing is executed.
   */
  answer(
    variant: OperationVariant,
    variables: Variables,
    execute: (allowed: AllowedPart) => Promise<ExecutionResult>,
  ): Promise<ExecutionResult>;
};

/** Variants of one operation that are kept: there are about as many as roles. */
const keptVariants = 32;

export function createAccessControl(options: {
  /** What clients see. */
  schema: GraphQLSchema;
  rules: AccessRules;
  policies?: Policies;
}): AccessControl {
  const { schema, rules, policies = rolePolicies } = options;
  const rightsOf = createCallerRights(policies);
  const known = new WeakMap<OperationDefinitionNode, OperationNeeds | 'none'>();
  const variants = new WeakMap<OperationNeeds, LRUCache<string, OperationVariant>>();

  function variantOf(needs: OperationNeeds, key: string, isSignedIn: boolean): OperationVariant {
    const kept = variants.get(needs) ?? new LRUCache<string, OperationVariant>({ max: keptVariants });
    variants.set(needs, kept);
    const name = `${key} ${isSignedIn}`;
    const variant = kept.get(name) ?? alike(makeVariant(needs, key, isSignedIn), kept.get(`${key} ${!isSignedIn}`));
    kept.set(name, variant);
    return variant;
  }

  return {
    needsOf(document, operation) {
      if (rules.isEmpty) return undefined;
      const found = known.get(operation) ?? findNeeds(document, operation, schema, rules) ?? 'none';
      known.set(operation, found);
      return found === 'none' ? undefined : found;
    },
    variantFor(needs, caller) {
      const rights = rightsOf(caller);
      const key = variantKey(needs, rights);
      return key.includes('0') ? variantOf(needs, key, rights.isSignedIn) : undefined;
    },
    variantOf,
    async answer(variant, variables, execute) {
      const refusals = refusalsOf(variant, variables);
      const isRefused = refusals.length > 0 && isAllOrNothing(variant.needs);
      const { allowed } = variant;
      const result: ExecutionResult = !allowed || isRefused ? { data: {} } : await execute(allowed);
      const errors = [...refusals, ...(result.errors ?? [])];
      return {
        ...result,
        data: completedAnswer(variant, schema, result.data ?? null, variables),
        ...(errors.length > 0 && { errors }),
      };
    },
  };
}

/** What is asked of subgraphs is the same whoever is refused the rest, and is planned once. */
function alike(variant: OperationVariant, other: OperationVariant | undefined): OperationVariant {
  return other ? { ...variant, allowed: other.allowed } : variant;
}
