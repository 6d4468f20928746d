import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Role } from '#shared/caller.ts';
import { startPricing, type PricingFixture } from './pricing-fixture.ts';
import { requestQuoteAs } from './quote-documents.ts';

let pricing: PricingFixture;

beforeAll(async () => {
  pricing = await startPricing();
});
beforeEach(async () => void (await pricing.publishNow('4000.00')));
afterAll(() => pricing.stop());

async function groupsSeenBy(viewer: string, role: Role, ...userIds: string[]) {
  const of = userIds.map((id) => ({ __typename: 'User', id }));
  const document = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { customerGroup } } }`;
  const { data, errors } = await pricing.client.request<{ _entities: { customerGroup: string | null }[] }>(
    document,
    { of },
    pricing.signedIn(viewer, role),
  );
  return { groups: data?._entities.map(({ customerGroup }) => customerGroup), errors };
}

let keys = 0;
async function setGroup(input: { userId: string; group: string; idempotencyKey?: string }, role: Role = 'OPERATOR') {
  keys += 1;
  type Answer = { __typename: string; id?: string; customerGroup?: string; issues?: { path: string[] }[] };
  const { data, errors } = await pricing.client.request<{ setCustomerGroup: Answer }>(
    `mutation ($input: SetCustomerGroupInput!) { setCustomerGroup(input: $input) {
      __typename ... on User { id customerGroup } ... on InvalidInputError { issues { path } } } }`,
    { input: { idempotencyKey: `key-${keys}`, ...input } },
    pricing.signedIn('dealer', role),
  );
  return { answer: data?.setCustomerGroup, errors };
}

describe('a customer’s group', () => {
  it('is RETAIL until an operator sets another', async () => {
    expect((await groupsSeenBy('ann', 'CUSTOMER', 'ann')).groups).toEqual(['RETAIL']);
    const { answer } = await setGroup({ userId: 'ann', group: 'wholesale' });
    expect(answer).toEqual({ __typename: 'User', id: 'ann', customerGroup: 'WHOLESALE' });
    expect((await groupsSeenBy('ann', 'CUSTOMER', 'ann')).groups).toEqual(['WHOLESALE']);
  });

  it('is seen by the customer and by operators, and by nobody else', async () => {
    const { groups, errors } = await groupsSeenBy('bob', 'CUSTOMER', 'carol', 'bob');
    expect(groups).toEqual([null, 'RETAIL']);
    expect(errors).toMatchObject([{ path: ['_entities', 0, 'customerGroup'], extensions: { code: 'FORBIDDEN' } }]);
    expect((await groupsSeenBy('dealer', 'OPERATOR', 'carol', 'bob')).groups).toEqual(['RETAIL', 'RETAIL']);
  });

  it('decides the customer’s quotes from then on', async () => {
    const before = await requestQuoteAs(pricing, 'dora');
    await setGroup({ userId: 'dora', group: 'WHOLESALE' });
    const after = await requestQuoteAs(pricing, 'dora');
    expect(after.price.lines.map(({ ruleCode }) => ruleCode)).toContain('DISCOUNT-WHOLESALE');
    expect(Number(before.price.total.amount) - Number(after.price.total.amount)).toBeCloseTo(8, 2);
  });

  it('is set once for each idempotency key', async () => {
    await setGroup({ userId: 'eve', group: 'WHOLESALE', idempotencyKey: 'eve' });
    await setGroup({ userId: 'eve', group: 'RETAIL' });
    await setGroup({ userId: 'eve', group: 'WHOLESALE', idempotencyKey: 'eve' });
    expect((await groupsSeenBy('eve', 'CUSTOMER', 'eve')).groups).toEqual(['RETAIL']);
    const reused = await setGroup({ userId: 'eve', group: 'VIP', idempotencyKey: 'eve' });
    expect(reused.answer?.__typename).toBe('IdempotencyKeyReusedError');
  });

  it('is not for customers to set', async () => {
    const { errors } = await setGroup({ userId: 'dealer', group: 'WHOLESALE' }, 'CUSTOMER');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('must be a name', async () => {
    const { answer } = await setGroup({ userId: ' ', group: 'not a name' });
    expect(answer?.issues).toEqual([{ path: ['input', 'userId'] }, { path: ['input', 'group'] }]);
  });
});
