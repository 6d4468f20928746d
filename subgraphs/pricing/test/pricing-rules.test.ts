import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { startPricing, type PricingFixture } from './pricing-fixture.ts';
import { ruleFields, rulesOf, type RuleAnswer } from './rule-documents.ts';

let pricing: PricingFixture;
let rules: ReturnType<typeof rulesOf>;

beforeAll(async () => {
  pricing = await startPricing({ seeded: false });
  await pricing.publishNow('4000.00');
  rules = rulesOf(pricing);
});
afterEach(() => pricing.database.pricingRule.deleteMany());
afterAll(() => pricing.stop());

async function total(): Promise<string | undefined> {
  const document = `{ _entities(representations: [{ __typename: "Product", sku: "BAR-1OZ" }]) {
    ... on Product { price(side: BUY, quantity: 1) { total { amount } } } } }`;
  const { data } = await pricing.client.request<{ _entities: [{ price: { total: { amount: string } } }] }>(document);
  return data?._entities[0].price.total.amount;
}

async function list(variables: Record<string, unknown> = {}, role: 'CUSTOMER' | 'OPERATOR' = 'OPERATOR') {
  type Data = { pricingRules: { nodes: RuleAnswer[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } };
  const document = `${ruleFields} query ($first: Int!, $after: String, $where: PricingRuleWhere) {
    pricingRules(first: $first, after: $after, where: $where) {
      nodes { ...RuleFields } pageInfo { hasNextPage endCursor } } }`;
  return pricing.client.request<Data>(document, { first: 100, ...variables }, pricing.signedIn('dealer', role));
}

describe('a rule that an operator writes', () => {
  it('is a draft, which changes no price until it is put in force', async () => {
    const draft = await rules.create();
    expect(draft).toMatchObject({ __typename: 'PricingRule', code: 'FEE', version: 1, status: 'DRAFT' });
    expect(draft).toMatchObject({ createdBy: { id: 'dealer' }, activatedBy: null, conditionsText: 'always' });
    expect(await total()).toBe('4001.00');
    expect(await rulesOf(pricing, 'boss').activate(draft.id)).toMatchObject({
      status: 'ACTIVE',
      version: 1,
      activatedBy: { id: 'boss' },
    });
    await eventually(async () => expect(await total()).toBe('4006.00'));
  });

  it('has the next version of its code, however many are written at once', async () => {
    const written = await Promise.all(Array.from({ length: 8 }, () => rules.create()));
    expect(written.map(({ version }) => version).toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await rules.create({ code: 'OTHER' })).toMatchObject({ version: 1 });
  });

  it('is written once for each idempotency key', async () => {
    const [one, other] = await Promise.all([
      rules.create({ idempotencyKey: 'once' }),
      rules.create({ idempotencyKey: 'once' }),
    ]);
    expect(other).toEqual(one);
    expect((await rules.create({ idempotencyKey: 'once', priority: 11 })).__typename).toBe('IdempotencyKeyReusedError');
  });

  it('is refused for customers', async () => {
    const customer = rulesOf(pricing, 'customer', 'CUSTOMER');
    const draft = await rules.create();
    await expect(customer.create()).rejects.toThrow('FORBIDDEN');
    await expect(customer.activate(draft.id)).rejects.toThrow('FORBIDDEN');
    await expect(customer.retire(draft.id)).rejects.toThrow('FORBIDDEN');
    expect((await list({}, 'CUSTOMER')).errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('a version that is put in force', () => {
  const fee = (value: string) => ({ effect: { amount: { value, per: 'PIECE', currency: 'USD' } } });

  it('retires the one that was in force, and can be followed by that one again', async () => {
    const [first, second] = [await rules.create(fee('5')), await rules.create(fee('7'))];
    await rules.activate(first.id);
    await rules.activate(second.id);
    await eventually(async () => expect(await total()).toBe('4008.00'));
    const { data } = await list();
    expect(data?.pricingRules.nodes.map(({ version, status }) => [version, status])).toEqual([
      [2, 'ACTIVE'],
      [1, 'RETIRED'],
    ]);
    expect(data?.pricingRules.nodes[1]).toMatchObject({ retiredBy: { id: 'dealer' } });
    expect(await rules.activate(first.id)).toMatchObject({ status: 'ACTIVE', retiredBy: null });
    await eventually(async () => expect(await total()).toBe('4006.00'));
  });

  it('is the only one, however many are put in force at once', async () => {
    const drafts = await Promise.all(Array.from({ length: 6 }, (_, index) => rules.create(fee(String(index)))));
    const answers = await Promise.all(drafts.map(({ id }) => rules.activate(id)));
    expect(answers.every(({ status }) => status === 'ACTIVE')).toBe(true);
    expect(await pricing.database.pricingRule.count({ where: { status: 'ACTIVE' } })).toBe(1);
  });

  it('stays as it is when it is put in force again', async () => {
    const draft = await rules.create();
    const active = await rules.activate(draft.id);
    expect(await rulesOf(pricing, 'boss').activate(draft.id)).toEqual(active);
  });

  it('may not leave a gap, nor be over', async () => {
    const later = { validFrom: new Date(Date.now() + 3_600_000).toISOString() };
    const [first, second] = [await rules.create(later), await rules.create(later)];
    expect((await rules.activate(first.id)).status).toBe('ACTIVE');
    const gap = await rules.activate(second.id);
    expect(gap).toMatchObject({ __typename: 'InvalidInputError', issues: [{ path: ['id'] }] });
    await rules.retire(first.id);
    expect((await rules.activate(second.id)).status).toBe('ACTIVE');
    await pricing.database.pricingRule.updateMany({
      where: { id: first.id },
      data: { validFrom: null, validTo: new Date(Date.now() - 1_000) },
    });
    expect((await rules.activate(first.id)).__typename).toBe('InvalidInputError');
  });

  it('must be there', async () => {
    for (const id of ['0193a3c8-0000-7000-8000-000000000000', 'no-id']) {
      expect((await rules.activate(id)).__typename).toBe('NotFoundError');
      expect((await rules.retire(id)).__typename).toBe('NotFoundError');
    }
  });
});

it('a rule that is retired applies no longer', async () => {
  const { id } = await rules.create();
  await rules.activate(id);
  await eventually(async () => expect(await total()).toBe('4006.00'));
  const retired = await rules.retire(id);
  expect(retired).toMatchObject({ status: 'RETIRED', retiredBy: { id: 'dealer' } });
  await eventually(async () => expect(await total()).toBe('4001.00'));
  expect(await rulesOf(pricing, 'boss').retire(id)).toEqual(retired);
});

describe('the list of rules', () => {
  it('is paged by code, the newest version of each first', async () => {
    for (const code of ['B', 'A', 'B', 'C']) await rules.create({ code });
    const first = await list({ first: 2 });
    expect(first.data?.pricingRules.nodes.map(({ code, version }) => `${code}${version}`)).toEqual(['A1', 'B2']);
    const { hasNextPage, endCursor } = first.data!.pricingRules.pageInfo;
    expect(hasNextPage).toBe(true);
    const rest = await list({ first: 2, after: endCursor });
    expect(rest.data?.pricingRules.nodes.map(({ code, version }) => `${code}${version}`)).toEqual(['B1', 'C1']);
    expect(rest.data?.pricingRules.pageInfo.hasNextPage).toBe(false);
  });

  it('can be narrowed by status, step and code', async () => {
    const { id } = await rules.create({ code: 'A' });
    await rules.create({ code: 'B', stage: 'PREMIUM' });
    await rules.activate(id);
    const codes = async (where: object) => (await list({ where })).data?.pricingRules.nodes.map(({ code }) => code);
    expect(await codes({ status: 'ACTIVE' })).toEqual(['A']);
    expect(await codes({ stage: 'PREMIUM' })).toEqual(['B']);
    expect(await codes({ code: 'B' })).toEqual(['B']);
    expect(await codes({ code: 'B', status: 'ACTIVE' })).toEqual([]);
    expect(await codes({ code: 'B\u0000' })).toEqual([]);
  });

  it('shows a rule that cannot be read without its conditions and effect', async () => {
    const odd = { name: 'odd', stage: 'FEE', priority: 1, status: 'ACTIVE', conditions: { all: [] } };
    await pricing.database.pricingRule.create({ data: { ...odd, code: 'ODD', version: 1, effect: { type: 'MAGIC' } } });
    expect((await list()).data?.pricingRules.nodes).toMatchObject([{ code: 'ODD', conditionsText: null }]);
  });

  it.each([{ first: 0 }, { first: 101 }, { after: 'nonsense' }, { after: 'WyJhIiwiYiJd' }])(
    'is refused for %j',
    async (variables) => {
      expect((await list(variables)).errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    },
  );
});
