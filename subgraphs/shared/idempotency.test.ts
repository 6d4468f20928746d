import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { idempotent } from './idempotency.ts';
import { openEventDatabase, type EventDatabase } from './testing/event-databases.ts';

let events: EventDatabase;
beforeAll(async () => {
  events = await openEventDatabase('order');
});
afterAll(() => events.close());

const scope = 'customer-1:placeOrder';

/** Asks once; what the work returns is counted up, so that two runs of it would differ. */
function asking({ key, body = { sku: 'BAR-100G', quantity: 1 } }: { key: string; body?: unknown }) {
  return events.database.$transaction((transaction) =>
    idempotent(transaction, { scope, key, body }, async () => ({ id: randomUUID() })),
  );
}

describe('a request with an idempotency key', () => {
  test('gives the same answer again, with the fields of the body in any order', async () => {
    const first = await asking({ key: 'again', body: { sku: 'BAR-100G', options: { a: 1, b: [1, 2] } } });
    expect(await asking({ key: 'again', body: { options: { b: [1, 2], a: 1 }, sku: 'BAR-100G', note: null } })).toEqual(
      first,
    );
  });

  test('is refused when the key came with another body', async () => {
    await asking({ key: 'other' });
    await expect(asking({ key: 'other', body: { sku: 'BAR-100G', quantity: 2 } })).rejects.toMatchObject({
      result: { __typename: 'IdempotencyKeyReusedError', code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  test('is done once, however many ask at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => asking({ key: 'at once' })));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  });

  test('that fails leaves the key unused', async () => {
    const failing = events.database.$transaction((transaction) =>
      idempotent(transaction, { scope, key: 'failed', body: {} }, () => Promise.reject(new Error('sold out'))),
    );
    await expect(failing).rejects.toThrow('sold out');
    await expect(asking({ key: 'failed', body: { quantity: 3 } })).resolves.toEqual({ id: expect.any(String) });
  });

  test.each([
    ['empty', ' '],
    ['too long', 'x'.repeat(201)],
    ['not printable', 'key\u0000'],
  ])('is refused when the key is %s', async (_name, key) => {
    await expect(asking({ key })).rejects.toMatchObject({ result: { code: 'INVALID_INPUT' } });
  });

  test('means nothing to somebody else', async () => {
    const mine = await asking({ key: 'shared' });
    const theirs = await events.database.$transaction((transaction) =>
      idempotent(transaction, { scope: 'customer-2:placeOrder', key: 'shared', body: {} }, async () => ({ id: 'x' })),
    );
    expect(theirs).not.toEqual(mine);
  });
});
