import type { Role } from '#shared/caller.ts';
import type { PricingFixture } from './pricing-fixture.ts';

export type RuleAnswer = {
  __typename: string;
  id: string;
  code: string;
  name: string;
  version: number;
  status: string;
  stage: string;
  priority: number;
  conditionsText: string | null;
  createdBy: { id: string } | null;
  activatedBy: { id: string } | null;
  retiredBy: { id: string } | null;
  issues: { path: string[]; message: string }[];
};

export const ruleFields = /* GraphQL */ `
  fragment RuleFields on PricingRule {
    id
    code
    name
    version
    status
    stage
    priority
    conditionsText
    createdBy {
      id
    }
    activatedBy {
      id
    }
    retiredBy {
      id
    }
  }
`;

const issueFields = /* GraphQL */ `
  fragment Issues on InvalidInputError {
    issues {
      path
      message
    }
  }
`;

const documents = {
  create: /* GraphQL */ `
    ${ruleFields}
    ${issueFields}
    mutation ($input: CreatePricingRuleInput!) {
      rule: createPricingRule(input: $input) {
        __typename
        ...RuleFields
        ...Issues
      }
    }
  `,
  activate: /* GraphQL */ `
    ${ruleFields}
    ${issueFields}
    mutation ($id: ID!) {
      rule: activatePricingRule(id: $id) {
        __typename
        ...RuleFields
        ...Issues
      }
    }
  `,
  retire: /* GraphQL */ `
    ${ruleFields}
    mutation ($id: ID!) {
      rule: retirePricingRule(id: $id) {
        __typename
        ...RuleFields
      }
    }
  `,
};

let keys = 0;

/** What operators do with rules, as one of them or, for refusals, as somebody else. */
export function rulesOf(pricing: PricingFixture, userId = 'dealer', role: Role = 'OPERATOR') {
  const send = async (document: string, variables: Record<string, unknown>): Promise<RuleAnswer> => {
    const headers = pricing.signedIn(userId, role);
    const { data, errors } = await pricing.client.request<{ rule: RuleAnswer }>(document, variables, headers);
    if (errors) throw new Error(String(errors[0]?.extensions?.code));
    return data!.rule;
  };
  return {
    /** A fee of 5 dollars, under a new idempotency key, where nothing else is given. */
    create(input: Record<string, unknown> = {}) {
      keys += 1;
      const effect = { amount: { value: '5', per: 'TOTAL', currency: 'USD' } };
      const rule = { code: 'FEE', name: 'Fee', stage: 'FEE', priority: 10, effect };
      return send(documents.create, { input: { idempotencyKey: `key-${keys}`, ...rule, ...input } });
    },
    activate: (id: string) => send(documents.activate, { id }),
    retire: (id: string) => send(documents.retire, { id }),
  };
}
