import { GraphQLError, OperationTypeNode, type FieldNode } from 'graphql';
import { DomainError } from '#shared/errors.ts';
import { isMet, type CallerRights } from '../../supergraph/access-rule.ts';
import { allowedPart, type AllowedPart } from './allowed-part.ts';
import { isIncluded, type Variables } from './conditions.ts';
import type { OperationNeeds } from './operation-needs.ts';
import { refusedFields, type RefusedField } from './refused-fields.ts';

/** What is made of an operation for callers who may see the same of it. */
export type OperationVariant = {
  needs: OperationNeeds;
  /** Tells the variants of one operation apart; callers with the same key are asked for the same. */
  key: string;
  /** What may be planned and sent to subgraphs; `undefined` when nothing is left of the operation. */
  allowed: AllowedPart | undefined;
  refused: readonly RefusedField[];
  /** Why: whether signing in might help. */
  reason: 'UNAUTHENTICATED' | 'FORBIDDEN';
};

/** Which rules of an operation a caller meets: `1` or `0` for each. */
export function variantKey({ rules }: OperationNeeds, rights: CallerRights): string {
  return rules.map((rule) => (isMet(rule, rights) ? '1' : '0')).join('');
}

/** Makes the variant of an operation for callers who meet the rules that the key says, and not the others. */
export function makeVariant(needs: OperationNeeds, key: string, isSignedIn: boolean): OperationVariant {
  const isRefused = (field: FieldNode) => {
    const rule = needs.protectedFields.get(field);
    return rule !== undefined && key[rule] !== '1';
  };
  return {
    needs,
    key,
    allowed: allowedPart(needs, isRefused),
    refused: refusedFields(needs, isRefused),
    reason: isSignedIn ? 'FORBIDDEN' : 'UNAUTHENTICATED',
  };
}

/** The errors for what a request asks for and is refused, each place once; none where its variables leave all of that out. */
export function refusalsOf({ needs, refused, reason }: OperationVariant, variables: Variables): GraphQLError[] {
  const asked = refused.filter((field) => isIncluded({ directives: field.conditions }, variables, needs.operation));
  const places = new Map(asked.map(({ path }) => [path.join('.'), path]));
  return [...places.values()].map((path) => {
    const refusal = new DomainError('UNAUTHORIZED_FIELD_OR_TYPE', 'Unauthorized field or type', {
      details: { reason },
    });
    const { message, code, retryable, details } = refusal;
    const extensions = { code, retryable, ...details };
    return new GraphQLError(message, { ...(path.length > 0 && { path }), originalError: refusal, extensions });
  });
}

/**
 * Whether all of an operation is refused when some of it is: a mutation does nothing rather than half of what was asked, or
 * something whose outcome may not be seen.
 */
export function isAllOrNothing({ operation }: OperationNeeds): boolean {
  return operation.operation === OperationTypeNode.MUTATION;
}

/** How a caller is answered who asks for something that it may not see: with null in its place, or not at all. */
export type AccessRefusal = 'fields' | 'operation';

/**
 * The refusal of a whole operation for what is refused of it, where that is the way (`AccessRefusal`): nothing of it is
 * executed. Whoever might be answered after signing in gets 401, others 403.
 * @returns `undefined` where nothing that is asked for is refused
 */
export function refusalOfAll(
  variant: OperationVariant,
  variables: Variables,
): { status: 401 | 403; errors: readonly GraphQLError[] } | undefined {
  const errors = refusalsOf(variant, variables);
  if (errors.length === 0) return undefined;
  return { status: variant.reason === 'UNAUTHENTICATED' ? 401 : 403, errors };
}
