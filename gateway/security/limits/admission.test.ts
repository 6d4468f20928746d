import { GraphQLError } from 'graphql';
import { describe, expect, test } from '@jest/globals';
import { createMetrics } from '#shared/metrics.ts';
import { createValidDocuments } from '../../valid-documents.ts';
import { createAdmission, batchingNotSupported } from './admission.ts';
import { createRates } from './rates.ts';
import { documentSettings, goldGeneration } from './test/document-settings.ts';

const generation = goldGeneration();
const documents = createValidDocuments(documentSettings());

function operation(text: string) {
  const valid = documents.read(generation, text, undefined);
  if (Array.isArray(valid)) throw valid[0];
  return valid;
}

function wire(options: { maxCost?: number; perSecond?: number } = {}) {
  const { maxCost = 100, perSecond = 10 } = options;
  const metrics = createMetrics('gateway');
  const rates = createRates({ anonymousPerSecond: perSecond, userPerSecond: perSecond, burstSeconds: 10 });
  const clock = { now: 0 };
  const admission = createAdmission({ maxCost, rates, metrics, now: () => clock.now });
  const refusals = async () => (await metrics.getSingleMetric('gold_gateway_operations_refused_total')!.get()).values;
  return { admission, clock, refusals, metrics };
}

const products = operation('query ($first: Int!) { products(first: $first) { nodes { sku } } }');
const me = operation('{ me { id } }');

describe('an operation', () => {
  test('may cost as much as allowed, and not one more', async () => {
    const { admission, refusals } = wire();
    expect(admission.admit(products, { first: 99 }, 'user 1')).toEqual({
      isAdmitted: true,
      cost: 100,
      budget: expect.objectContaining({ remaining: 0 }),
    });
    expect(admission.admit(products, { first: 100 }, 'user 2')).toMatchObject({
      isAdmitted: false,
      status: 400,
      errors: [
        {
          message:
            'The operation asks for too much: it would cost 101, and 100 is allowed. Ask for shorter lists, or in parts',
          extensions: { code: 'COST_LIMIT_EXCEEDED', retryable: false, cost: 101, limit: 100 },
        },
      ],
      budget: { remaining: 99 },
    });
    expect(await refusals()).toEqual([expect.objectContaining({ labels: { code: 'COST_LIMIT_EXCEEDED' }, value: 1 })]);
  });

  test('that is beyond all measure is refused as well', () => {
    const { admission } = wire();
    const refused = admission.admit(products, { first: Number.MAX_VALUE * 2 }, 'user 1');
    expect(refused).toMatchObject({ isAdmitted: false, errors: [{ extensions: { cost: null, limit: 100 } }] });
  });

  test('of more than the whole budget leaves nothing, and to hear of that refuses nothing', () => {
    const { admission } = wire({ maxCost: 1_000 });
    expect(admission.budgetOf('user 1')).toMatchObject({ remaining: 100, retryAfterMs: 0 });
    expect(admission.admit(products, { first: 149 }, 'user 1')).toMatchObject({ isAdmitted: true, cost: 150 });
    expect(admission.budgetOf('user 1')).toMatchObject({ remaining: 0, retryAfterMs: 0 });
  });

  test('is refused while its client has no budget left, and is told when it will have', () => {
    const { admission, clock } = wire();
    admission.admit(products, { first: 94 }, 'user 1');
    const refused = admission.admit(products, { first: 6 }, 'user 1');
    expect(refused).toMatchObject({
      isAdmitted: false,
      status: 429,
      errors: [{ extensions: { code: 'RATE_LIMITED', retryable: true, retryAfterMs: 200 } }],
      budget: { retryAfterMs: 200, remaining: 5 },
    });
    clock.now = 200;
    expect(admission.admit(products, { first: 6 }, 'user 1')).toMatchObject({ isAdmitted: true });
  });

  test('costs something of the budget, whatever it asks for, and however wrong it is', () => {
    const { admission } = wire();
    expect(admission.admit(operation('{ __typename }'), null, 'user 1')).toMatchObject({
      cost: 0,
      budget: { remaining: 99 },
    });
    const wrong = new GraphQLError('No', { extensions: { code: 'GRAPHQL_PARSE_FAILED' } });
    expect(admission.refuse([wrong], 'user 1')).toMatchObject({
      status: 400,
      errors: [{ message: 'No' }],
      budget: { remaining: 98 },
    });
    for (let index = 0; index < 98; index += 1) admission.refuse([wrong], 'user 1');
    expect(admission.refuse([wrong], 'user 1')).toMatchObject({
      status: 429,
      errors: [{ extensions: { code: 'RATE_LIMITED' } }],
    });
  });

  test('is measured', async () => {
    const { admission, metrics } = wire();
    admission.admit(me, undefined, 'user 1');
    admission.admit(products, { first: 1e300 }, 'user 1');
    const { values } = await metrics.getSingleMetric('gold_gateway_operation_cost')!.get();
    expect(values.find(({ labels }) => (labels as { le?: number }).le === 1)!.value).toBe(1);
    expect(values.find(({ labels }) => (labels as { le?: string }).le === '+Inf')!.value).toBe(2);
  });

  test('has no budget where rates are off', () => {
    const { admission } = wire({ perSecond: 0 });
    expect(admission.admit(me, {}, 'user 1')).toEqual({ isAdmitted: true, cost: 1, budget: undefined });
  });

  test('does not come with others', () => {
    expect(batchingNotSupported().toJSON()).toMatchObject({ extensions: { code: 'BATCHING_NOT_SUPPORTED' } });
  });
});
