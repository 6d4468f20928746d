import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { peopleSdl, shopSdl, startGuardedShop, type GuardedShop } from './guarded-shop.ts';

type Role = 'CUSTOMER' | 'OPERATOR';

let shop: GuardedShop;
const open: GraphqlClient[] = [];
beforeAll(async () => {
  shop = await startGuardedShop({ SUPERGRAPH_POLL_MS: '20', RELOAD_SPREAD_MS: '0' });
});
beforeEach(() => void shop.asked.splice(0));
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});
afterAll(() => shop.close());

function clientFor(role?: Role, url = shop.url): GraphqlClient {
  const authorization = role && `Bearer ${shop.keys.sign({ sub: role, sid: role, roles: [role] })}`;
  const client = createGraphqlClient(url, {
    ...(authorization && { headers: { authorization }, socket: { connectionParams: { authorization } } }),
  });
  open.push(client);
  return client;
}

const refused = (path: string[], reason = 'FORBIDDEN') => ({
  message: 'Unauthorized field or type',
  path,
  extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE', retryable: false, reason },
});

describe('a query', () => {
  test('is answered in full to who may see all of it', async () => {
    const text = '{ item { sku cost margin grade owner { name email } } report }';
    expect(await clientFor('OPERATOR').request(text)).toMatchObject({
      status: 200,
      data: {
        item: { sku: 'A', cost: 100, margin: 40, grade: 3, owner: { name: 'Ada', email: 'ada@gold.example' } },
        report: 7,
      },
    });
  });

  test('has null with an error where something is refused, which no subgraph was asked for', async () => {
    const text =
      '{ price: item { cost n: name margin views ...O } report open } fragment O on Item { owner { name email } }';
    const { data, errors } = await clientFor('CUSTOMER').request(text);
    expect(JSON.stringify(data)).toBe(
      '{"price":{"cost":null,"n":"item A","margin":null,"views":2,"owner":{"name":"Ada","email":null}},"report":null,"open":1}',
    );
    expect(errors).toEqual([
      refused(['price', 'cost']),
      refused(['price', 'margin']),
      refused(['price', 'owner', 'email']),
      refused(['report']),
    ]);
    expect(shop.asked.toSorted()).toEqual(
      ['Item.name', 'Item.owner', 'Item.views', 'Query.item', 'Query.open', 'User.name'].toSorted(),
    );
  });

  test('has null around what must not be null', async () => {
    const { data, errors } = await clientFor().request('{ open item { sku grade } }');
    expect(data).toEqual({ open: 1, item: null });
    expect(errors).toEqual([refused(['item', 'grade'], 'UNAUTHENTICATED')]);
  });

  test('through interfaces and unions is answered type by type', async () => {
    const text =
      '{ things { cost ... on Voucher { own: cost } } anything { __typename ... on Voucher { cost } ... on User { name } } }';
    const { data, errors } = await clientFor().request(text);
    expect(data).toEqual({
      things: [{ cost: null }, { cost: null, own: 5 }],
      anything: [{ __typename: 'Item' }, { __typename: 'Voucher', cost: 5 }, { __typename: 'User', name: null }],
    });
    expect(errors).toEqual([
      refused(['things', 'cost'], 'UNAUTHENTICATED'),
      refused(['anything', 'name'], 'UNAUTHENTICATED'),
    ]);
  });

  test('of which all is refused asks no subgraph', async () => {
    const { data } = await clientFor().request('{ report item { owner { name } } }');
    expect(data).toEqual({ report: null, item: null });
    expect(shop.asked).toEqual([]);
  });

  test('is judged by its variables', async () => {
    const text = 'query ($cost: Boolean = false) { item { sku cost @include(if: $cost) } }';
    const client = clientFor('CUSTOMER');
    const [without, withIt] = [await client.request(text), await client.request(text, { cost: true })];
    expect(without).toMatchObject({ status: 200, data: { item: { sku: 'A' } } });
    expect(without.errors).toBeUndefined();
    expect(withIt).toMatchObject({ data: { item: { sku: 'A', cost: null } }, errors: [refused(['item', 'cost'])] });
    expect(shop.asked).not.toContain('Item.cost');
  });

  test('asked by one and then by another is answered to each by their own rights', async () => {
    const text = '{ item { cost sku } }';
    const costs = [];
    for (const role of ['OPERATOR', undefined, 'CUSTOMER', 'OPERATOR'] as const)
      costs.push((await clientFor(role).request<{ item: { cost: number } }>(text)).data!.item.cost);
    expect(costs).toEqual([100, null, null, 100]);
  });

  test('over a socket is judged alike', async () => {
    const { data, errors } = await clientFor('CUSTOMER').subscribe('{ item { cost sku } }').next();
    expect(data).toEqual({ item: { cost: null, sku: 'A' } });
    expect(errors).toEqual([refused(['item', 'cost'])]);
  });
});

describe('a mutation', () => {
  test('does nothing when anything in it is refused', async () => {
    const texts = [
      'mutation { rename(name: "x") { name } reprice(cost: 1) { sku } }',
      'mutation { rename(name: "x") { name cost } }',
    ];
    const results = await Promise.all(texts.map((text) => clientFor('CUSTOMER').request(text)));
    expect(results.map(({ data, errors }) => [data, errors])).toEqual([
      [{ rename: null, reprice: null }, [refused(['reprice'])]],
      [{ rename: null }, [refused(['rename', 'cost'])]],
    ]);
    expect(shop.asked).toEqual([]);
    expect(await clientFor('OPERATOR').request(texts[0]!)).toMatchObject({
      data: { rename: { name: 'item A' }, reprice: { sku: 'A' } },
    });
  });
});

describe('a subscription', () => {
  test('that is refused ends with the error', async () => {
    const failed = clientFor().subscribe('subscription { inbox }').next();
    await expect(failed).rejects.toEqual([expect.objectContaining(refused(['inbox'], 'UNAUTHENTICATED'))]);
    shop.sell();
    expect((await clientFor('CUSTOMER').subscribe('subscription { inbox }').next()).data).toEqual({ inbox: 1 });
  });

  test('that is refused over HTTP says by the status whether signing in might help', async () => {
    const statusOf = async (query: string, role?: Role) => {
      const token = role && shop.keys.sign({ sub: role, sid: role, roles: [role] });
      const response = await fetch(shop.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'multipart/mixed;subscriptionSpec=1.0, application/json',
          ...(token && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query }),
      });
      return [response.status, response.headers.get('www-authenticate'), await response.json()];
    };
    const text = 'subscription { all: sold { fee } }';
    expect(await statusOf(text)).toEqual([401, 'Bearer', { errors: [refused(['all', 'fee'], 'UNAUTHENTICATED')] }]);
    expect(await statusOf(text, 'CUSTOMER')).toEqual([403, null, { errors: [refused(['all', 'fee'])] }]);
  });

  test('has null with the error in every event where something is refused', async () => {
    shop.sell();
    const text = 'subscription { s: sold { fee sequence item { cost name } buyer { name } } }';
    const events = clientFor('CUSTOMER').subscribe<{ s: { sequence: number } }>(text);
    const [first] = await events.take(1);
    shop.sell();
    const [second] = await events.take(1);
    for (const { data, errors } of [first!, second!]) {
      const { sequence } = data!.s;
      const item = { cost: null, name: 'item A' };
      expect(JSON.stringify(data)).toBe(JSON.stringify({ s: { fee: null, sequence, item, buyer: { name: 'Ada' } } }));
      expect(errors).toEqual([refused(['s', 'fee']), refused(['s', 'item', 'cost'])]);
    }
    expect(shop.asked).not.toEqual(expect.arrayContaining(['Sale.fee']));
    expect(shop.asked).not.toContain('Item.cost');
  });

  test('is shared by those who are refused the same, and tells each what they asked for', async () => {
    shop.sell();
    const operator = clientFor('OPERATOR').subscribe('subscription { sold { sequence fee } }');
    const withFee = [clientFor(), clientFor()].map((each) => each.subscribe('subscription { sold { sequence fee } }'));
    const withBuyer = clientFor().subscribe('subscription { sold { sequence buyer { name } } }');
    const plain = clientFor().subscribe('subscription { sold { sequence } }');
    const events = await Promise.all([operator, ...withFee, withBuyer, plain].map((each) => each.next()));
    const sequence = expect.any(Number);
    expect(events.map(({ data }) => data)).toEqual([
      { sold: { sequence, fee: 9 } },
      { sold: { sequence, fee: null } },
      { sold: { sequence, fee: null } },
      { sold: { sequence, buyer: null } },
      { sold: { sequence } },
    ]);
    expect(events.map(({ errors }) => errors?.map(({ path }) => path?.join('.')))).toEqual([
      undefined,
      ['sold.fee'],
      ['sold.fee'],
      ['sold.buyer'],
      undefined,
    ]);
    // The operator's own, and one for everybody else.
    await eventually(() => expect(shop.listeners()).toBe(2));
    expect(await shop.metric('gold_gateway_shared_streams')).toBe(4);
  });

  test('ends, to be begun again, when other rules come to hold for it', async () => {
    shop.sell();
    const text = 'subscription { sold { sequence item { views } } }';
    const others = clientFor().subscribe('subscription { sold { sequence } }');
    const views = clientFor().subscribe(text);
    await Promise.all([others.next(), views.next()]);
    const stricter = peopleSdl.replace('views: Int', 'views: Int @authenticated');
    await shop.publish({ shop: shopSdl, people: stricter });
    await expect(views.next()).rejects.toBeDefined();
    const again = await clientFor().subscribe<{ sold: { item: unknown } }>(text).next();
    expect(again).toMatchObject({
      data: { sold: { item: null } },
      errors: [refused(['sold', 'item', 'views'], 'UNAUTHENTICATED')],
    });
    shop.sell();
    expect((await others.next()).errors).toBeUndefined();
    await shop.publish({ shop: shopSdl, people: peopleSdl });
  });
});

test('a gateway may refuse whole operations instead', async () => {
  const { url } = await shop.startGateway({ ACCESS_REFUSAL: 'operation' });
  const answers = [
    await clientFor(undefined, url).request('{ open report }'),
    await clientFor('CUSTOMER', url).request('{ open report }'),
    await clientFor('CUSTOMER', url).request('{ open report @skip(if: true) }'),
  ];
  expect(answers.map((answer) => 'data' in answer)).toEqual([false, false, true]);
  expect(answers).toMatchObject([
    { status: 401, errors: [refused(['report'], 'UNAUTHENTICATED')] },
    { status: 403, errors: [refused(['report'])] },
    { status: 200, data: { open: 1 } },
  ]);
  const failed = clientFor('CUSTOMER', url).subscribe('subscription { sold { sequence fee } }').next();
  await expect(failed).rejects.toEqual([expect.objectContaining(refused(['sold', 'fee']))]);
});

test('clients read the rules in the schema', async () => {
  const text = '{ __type(name: "Item") { fields { name description } } }';
  const { data } = await clientFor().request<{ __type: { fields: { name: string; description: string | null }[] } }>(
    text,
  );
  const described = Object.fromEntries(data!.__type.fields.map(({ name, description }) => [name, description]));
  expect(described).toMatchObject({
    sku: null,
    cost: 'Requires: scope `MANAGE_PRICING_RULES`. Otherwise refused with `UNAUTHORIZED_FIELD_OR_TYPE`.',
    margin: 'Requires: policy `OPERATOR`. Otherwise refused with `UNAUTHORIZED_FIELD_OR_TYPE`.',
  });
});
