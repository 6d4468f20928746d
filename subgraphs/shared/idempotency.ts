import { createHash } from 'node:crypto';
import type { SqlClient } from './database.ts';
import { invalidInput, Refusal, type IdempotencyKeyReusedError } from './refusal.ts';

/** PostgreSQL keeps no NUL, and nobody sees other control characters. */
const usableKey = /^(?=.*\S)[^\p{Cc}]{1,200}$/u;

/**
 * Does a piece of work once for each idempotency key, in the transaction that it is given: the same key with the same
 * body gives the same result again, without running the work. While another transaction works under the same key this
 * one waits for it. Work that throws leaves the key unused, so that it may be tried again. The table is `idempotency_key`.
 * @param request.scope who asks for what: `<user id>:<mutation>`
 * @param request.body what was asked for, as JSON can say it, without the key
 * @param work returns something that JSON keeps as it is (ids, strings, numbers)
 * @throws Refusal IdempotencyKeyReusedError when the key came with another body before; InvalidInputError for a bad key
 */
export async function idempotent<Result>(
  transaction: SqlClient,
  request: { scope: string; key: string; body: unknown },
  work: () => Promise<Result>,
): Promise<Result> {
  const { scope, key } = request;
  if (!usableKey.test(key)) {
    throw invalidInput({ path: ['input', 'idempotencyKey'], message: 'must have 1 to 200 printable characters' });
  }
  const hash = createHash('sha256').update(canonicalJson(request.body)).digest('hex');
  // Waits while another transaction holds the same key, and goes on when that one has ended.
  const inserted = await transaction.$executeRawUnsafe(
    `INSERT INTO idempotency_key (scope, key, request_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    scope,
    key,
    hash,
  );
  if (inserted === 0) return earlierResult(transaction, { scope, key, hash });
  const result = await work();
  await transaction.$executeRawUnsafe(
    `UPDATE idempotency_key SET result = $3::jsonb WHERE scope = $1 AND key = $2`,
    scope,
    key,
    JSON.stringify({ value: result }),
  );
  return result;
}

async function earlierResult<Result>(
  transaction: SqlClient,
  { scope, key, hash }: { scope: string; key: string; hash: string },
): Promise<Result> {
  const [earlier] = await transaction.$queryRawUnsafe<{ request_hash: string; result: { value: Result } }[]>(
    `SELECT request_hash, result FROM idempotency_key WHERE scope = $1 AND key = $2`,
    scope,
    key,
  );
  if (earlier?.request_hash === hash) return earlier.result.value;
  throw new Refusal<IdempotencyKeyReusedError>({
    __typename: 'IdempotencyKeyReusedError',
    code: 'IDEMPOTENCY_KEY_REUSED',
    message: 'This idempotency key has been used with another input: take a new one',
    retryable: false,
  });
}

/**
 * JSON with the fields of every object in alphabetical order, so that equal bodies are equal texts. A field that is null
 * and one that is left out ask for the same.
 */
function canonicalJson(body: unknown): string {
  return JSON.stringify(body, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, part]) => part !== null && part !== undefined)
            .toSorted(([one], [other]) => (one < other ? -1 : 1)),
        )
      : value,
  );
}
