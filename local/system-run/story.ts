import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { developmentPassword } from '#prisma/auth/development-users.ts';
import { aPushSubscription } from '#shared/testing/builders.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { readMails } from '#shared/testing/mail-catcher.ts';
import { oldestUnhandledSeconds } from '#shared/testing/unhandled-events.ts';
import { embeddedPortOffsets, listProcesses, services } from '../services.ts';
import { contractOperation } from './contract-operation.ts';
import { follow } from './follower.ts';
import { createPatientClient, type PatientClient } from './patient-client.ts';
import type { RunningClone } from './running-clone.ts';

type Session = { __typename: string; accessToken: string; user: { id: string } };
type Order = { __typename: string; id: string; number: string; status: string };
type InboxEvent = { sequence: string; notification: { id: string; title: string } | null };
type Recorded = { recordedMessages: { nodes: { channel: string; recipient: { id: string } }[] } };

const withinMs = 120_000;

/**
 * Somebody registers, is credited, gets a quote, orders and pays, and is told of order and payment exactly once by mail,
 * SMS, push and in the inbox. `disturb` is done between all steps.
 * @throws Error when the story ends otherwise
 */
export async function tellStory(clone: RunningClone, disturb: () => Promise<void>): Promise<void> {
  const visitor = createPatientClient(clone.url);
  const email = `${randomUUID()}@gold.example`;
  const session = await register(visitor, email);
  const authorization = `Bearer ${session.accessToken}`;
  const customer = createPatientClient(clone.url, authorization);
  const operator = await signInOperator(clone, visitor);
  await customer.request(contractOperation('notifications', 'RegisterPush'), { input: aPushSubscription() });
  const inbox = follow<InboxEvent>({
    url: clone.url,
    document: 'subscription ($after: BigInt) { inboxChanged(after: $after) { sequence notification { id title } } }',
    authorization,
  });
  try {
    await inbox.until(1);
    await disturb();

    const credit = { userId: session.user.id, amount: '50000', currency: 'USD', reference: 'bank transfer' };
    await operator.request(contractOperation('orders', 'CreditWallet'), {
      input: { idempotencyKey: randomUUID(), ...credit },
    });
    await disturb();

    const wanted = { sku: 'BAR-1OZ', side: 'BUY', quantity: 1, currency: 'USD' };
    const quote = await until(customer, 'products-and-quotes', 'RequestQuote', 'Quote', wanted);
    await disturb();

    const order = await until<Order>(customer, 'orders', 'PlaceOrder', 'Order', { quoteToken: quote.token });
    assert.equal(order.status, 'PENDING_PAYMENT');
    await disturb();

    const paid = await until<Order>(customer, 'orders', 'PayOrder', 'Order', { orderId: order.id });
    assert.equal(paid.status, 'PAID');
    await disturb();

    await isTold(clone, { email, userId: session.user.id, number: order.number, operator });
    const entries = () => inbox.events.flatMap(({ notification }) => notification ?? []);
    const deadline = Date.now() + withinMs;
    while (entries().length < 2 && Date.now() < deadline) await inbox.until(inbox.events.length + 1, withinMs);
    assert.equal(new Set(entries().map(({ id }) => id)).size, 2);
    assert.equal(entries().length, 2);
  } finally {
    await inbox.stop();
  }
}

async function register(visitor: PatientClient, email: string): Promise<Session> {
  const phone = `+1500555${String(randomInt(10_000)).padStart(4, '0')}`;
  const input = { email, password: 'a password of a customer', name: 'Story', locale: 'en', phone };
  const { register: answer } = await visitor.request<{ register: Session }>(contractOperation('accounts', 'Register'), {
    input,
  });
  assert.equal(answer.__typename, 'AuthSession', JSON.stringify(answer));
  return answer;
}

async function signInOperator(clone: RunningClone, visitor: PatientClient): Promise<PatientClient> {
  const input = { email: 'operator@gold.example', password: developmentPassword };
  const { login } = await visitor.request<{ login: Session }>(contractOperation('accounts', 'Login'), { input });
  assert.equal(login.__typename, 'AuthSession', JSON.stringify(login));
  return createPatientClient(clone.url, `Bearer ${login.accessToken}`);
}

/** Asks under one idempotency key until the answer is not a refusal that says that it is for the moment. */
async function until<Answer extends { __typename: string } = { __typename: string; token: string }>(
  client: PatientClient,
  file: string,
  name: string,
  expected: string,
  input: Record<string, unknown>,
): Promise<Answer> {
  const document = contractOperation(file, name).replace('__typename', '__typename ... on Error { retryable }');
  const variables = { input: { idempotencyKey: randomUUID(), ...input } };
  const deadline = Date.now() + withinMs;
  for (;;) {
    const [answer] = Object.values(
      await client.request<Record<string, Answer & { retryable?: boolean }>>(document, variables),
    );
    if (answer?.__typename === expected) return answer;
    if (!answer?.retryable || Date.now() > deadline) throw new Error(`${name}: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Waits until everything that was to be told is told, and checks that nothing was told twice. */
async function isTold(
  clone: RunningClone,
  story: { email: string; userId: string; number: string; operator: PatientClient },
): Promise<void> {
  const page = `http://127.0.0.1:${clone.portBase + embeddedPortOffsets.mailPage}`;
  const mails = async () =>
    (await readMails(page, story.email)).filter(({ subject }) => subject.includes(story.number));
  const recorded = async () => {
    const query = '{ recordedMessages(first: 100) { nodes { channel recipient { id } } } }';
    const { nodes } = (await story.operator.request<Recorded>(query)).recordedMessages;
    return nodes.filter(({ recipient }) => recipient.id === story.userId).map(({ channel }) => channel);
  };
  const deadline = Date.now() + withinMs;
  while ((await mails()).length < 2 || (await recorded()).length < 4) {
    assert.ok(
      Date.now() < deadline,
      `not told: ${(await mails()).length} mails, recorded ${(await recorded()).join(', ')}`,
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await everythingIsHandled(clone);
  assert.equal((await mails()).length, 2);
  assert.deepEqual((await recorded()).toSorted(), ['PUSH', 'PUSH', 'SMS', 'SMS']);
}

/** Waits until no worker has an event that its consumer has not handled: whatever is told twice would be told by then. */
async function everythingIsHandled(clone: RunningClone): Promise<void> {
  const workers = listProcesses(services).filter(({ role }) => role === 'worker');
  await eventually(async () => {
    for (const { portOffset, name } of workers) {
      const oldest = await oldestUnhandledSeconds(`http://127.0.0.1:${clone.portBase + portOffset}`);
      assert.equal(oldest, 0, `${name} still has an event ${oldest} s old`);
    }
  }, withinMs);
}
