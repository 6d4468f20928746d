import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import {
  anInput,
  createDocument,
  listDocument,
  startPriceAlerts,
  type CreateResult,
  type PriceAlertFixture,
} from './price-alert-fixture.ts';

let alerts: PriceAlertFixture;
let users = 0;
beforeAll(async () => {
  alerts = await startPriceAlerts({ ALERT_LIMIT: '5' });
});
afterAll(() => alerts.stop());

/** A user that nothing is known of yet. */
const newUser = () => `user-${(users += 1)}`;
const asUser = (id: string) => ({ users: [{ __typename: 'User', id }], first: 2 });
const deleteDocument = 'mutation ($id: ID!) { deletePriceAlert(id: $id) }';

describe('creating a price alert', () => {
  test('gives what was asked for, with what was left out filled in', async () => {
    expect(await alerts.create(newUser(), { threshold: '4200.50' })).toEqual({
      __typename: 'PriceAlert',
      id: expect.any(String),
      instrument: { symbol: 'XAU-USD' },
      condition: 'CROSS_ABOVE',
      threshold: '4200.5',
      status: 'ACTIVE',
      repeat: 'ONCE',
      channels: null,
      alreadyMet: false,
      isArmed: true,
      lastTriggeredAt: null,
      lastTriggeredSequence: null,
      triggerCount: 0,
    });
  });

  test('says whether the condition is met already, in any unit and fineness', async () => {
    const userId = newUser();
    const of = async (input: object) => (await alerts.create(userId, { ...input })).alreadyMet;
    expect(await of({ threshold: '4100' })).toBe(true);
    expect(await of({ threshold: '4100.00000001' })).toBe(false);
    expect(await of({ threshold: '4100', condition: 'CROSS_BELOW' })).toBe(true);
    // 4100 × 0.75 / 31.1034768 = 98.8635…
    expect(await of({ threshold: '98.8635', unit: 'GRAM', fineness: '750' })).toBe(true);
    expect(await of({ threshold: '98.8636', unit: 'GRAM', fineness: '750' })).toBe(false);
  });

  test('is refused with everything that is wrong', async () => {
    const result = await alerts.create(newUser(), {
      symbol: 'gold',
      threshold: '-1.123456789',
      fineness: '1000.1',
      channels: [],
      note: 'x'.repeat(201),
      expiresAt: '2020-01-01T00:00:00Z',
    });
    expect(result).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_INPUT', retryable: false });
    const places = result.issues!.map(({ path }) => path.join('.'));
    expect(new Set(places)).toEqual(
      new Set(['symbol', 'threshold', 'fineness', 'channels', 'note', 'expiresAt'].map((field) => `input.${field}`)),
    );
  });

  test('is refused for an instrument without prices, and for a key that is too long', async () => {
    const unknown = await alerts.create(newUser(), { symbol: 'XPT-USD' });
    expect(unknown).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'symbol'] }] });
    const key = await alerts.create(newUser(), { idempotencyKey: 'k'.repeat(201) });
    expect(key).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'idempotencyKey'] }] });
  });

  test('with the same key and input gives the same alert, also all at once', async () => {
    const [userId, input] = [newUser(), anInput({ note: 'mine' })];
    const results = await Promise.all(Array.from({ length: 5 }, () => alerts.create(userId, input)));
    expect(new Set(results.map(({ id }) => id)).size).toBe(1);
    expect(await alerts.create(userId, { ...input, unit: 'TROY_OUNCE' })).toEqual(results[0]);
    expect(await alerts.alertsOf(userId)).toHaveLength(1);
    const other = await alerts.create(userId, { ...input, threshold: '4201' });
    expect(other).toMatchObject({ __typename: 'IdempotencyKeyReusedError', code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  test('stops at the limit of active alerts, also all at once; one that is deleted makes room', async () => {
    const userId = newUser();
    const results = await Promise.all(Array.from({ length: 9 }, () => alerts.create(userId)));
    const created = results.filter((result) => result.__typename === 'PriceAlert');
    expect(created).toHaveLength(5);
    expect(results.find((result) => result.__typename !== 'PriceAlert')).toMatchObject({
      __typename: 'AlertLimitError',
      code: 'ALERT_LIMIT',
      limit: 5,
    });
    await alerts.clientOf(userId).request(deleteDocument, { id: created[0]!.id });
    expect(await alerts.create(userId)).toMatchObject({ __typename: 'PriceAlert' });
  });

  test('needs somebody who is signed in', async () => {
    const { errors } = await alerts.clientOf().request(createDocument, { input: anInput() });
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });
});

describe('the alerts of a user', () => {
  test('are listed with the newest first, page by page', async () => {
    const userId = newUser();
    const made: CreateResult[] = [];
    for (const threshold of ['4300', '4400', '4500']) made.push(await alerts.create(userId, { threshold }));
    type Page = { _entities: [{ priceAlerts: { nodes: { id: string }[]; pageInfo: Record<string, unknown> } }] };
    const client = alerts.clientOf(userId);
    const first = (await client.request<Page>(listDocument, asUser(userId))).data!._entities[0].priceAlerts;
    expect(first.nodes.map(({ id }) => id)).toEqual([made[2]!.id, made[1]!.id]);
    const after = first.pageInfo.endCursor;
    const second = await client.request<Page>(listDocument, { ...asUser(userId), after });
    expect(second.data!._entities[0].priceAlerts).toMatchObject({
      nodes: [{ id: made[0]!.id }],
      pageInfo: { hasNextPage: false },
    });
  });

  test('are shown to nobody else, not even to operators', async () => {
    const userId = newUser();
    await alerts.create(userId);
    for (const [client, code] of [
      [alerts.clientOf(), 'UNAUTHENTICATED'],
      [alerts.clientOf(newUser()), 'FORBIDDEN'],
      [alerts.clientOf(newUser(), 'ADMIN'), 'FORBIDDEN'],
    ] as const) {
      const { data, errors } = await client.request(listDocument, asUser(userId));
      expect(errors).toMatchObject([{ extensions: { code } }]);
      expect(data).toEqual({ _entities: [{ priceAlerts: null }] });
    }
  });

  test('are deleted by nobody else, and once', async () => {
    const userId = newUser();
    const { id } = await alerts.create(userId);
    const deleteBy = async (user: string, alertId = id) =>
      (await alerts.clientOf(user).request<{ deletePriceAlert: boolean }>(deleteDocument, { id: alertId })).data;
    expect(await deleteBy(newUser())).toEqual({ deletePriceAlert: false });
    expect(await deleteBy(userId, 'nothing')).toEqual({ deletePriceAlert: false });
    expect(await deleteBy(userId)).toEqual({ deletePriceAlert: true });
    expect(await deleteBy(userId)).toEqual({ deletePriceAlert: false });
    expect(await alerts.alertsOf(userId)).toEqual([]);
  });

  test('refuse a cursor of another list', async () => {
    const userId = newUser();
    const after = Buffer.from('["1"]').toString('base64url');
    const { errors } = await alerts.clientOf(userId).request(listDocument, { ...asUser(userId), after });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});

describe('while Redis is away', () => {
  test('an alert on a price that is not known yet is refused, and may be tried again', async () => {
    const away = await startPriceAlerts({ REDIS_URL: 'redis://127.0.0.1:9', TICK_WAIT_MS: '50' });
    const { errors } = await away.clientOf('user-1').request(createDocument, { input: anInput() });
    expect(errors).toMatchObject([{ extensions: { code: 'PRICE_UNAVAILABLE', retryable: true } }]);
    await away.stop();
  });

  test('after its streams are lost, alerts are created at the last price that was known', async () => {
    const userId = newUser();
    await alerts.create(userId);
    await alerts.redis.flush();
    expect(await alerts.create(userId)).toMatchObject({ __typename: 'PriceAlert' });
    await alerts.publish(4100);
    await eventually(async () => expect(await alerts.create(userId)).toMatchObject({ __typename: 'PriceAlert' }));
  });
});
