import type { FetchNode, PlanNode } from '@apollo/query-planner';
import { expect, test } from '@jest/globals';
import { OperationTypeNode } from 'graphql';
import { fetchesOf, isWrittenLater } from './plan-fetches.ts';

const fetch = (serviceName: string): FetchNode => ({
  kind: 'Fetch',
  serviceName,
  operation: '{ a }',
  operationName: undefined,
  operationKind: OperationTypeNode.QUERY,
});
const at = (path: string, node: PlanNode): PlanNode => ({ kind: 'Flatten', path: path.split('.'), node });

function writtenLater(plan: PlanNode): string[] {
  const all = fetchesOf(plan);
  return all.filter((each) => isWrittenLater(each, all)).map(({ node }) => node.serviceName);
}

test('what a fetch has brought is written to by those that come behind it, at its place, above and below it', () => {
  const plan: PlanNode = {
    kind: 'Sequence',
    nodes: [
      fetch('root'),
      at('products.@', fetch('stock')),
      at('products.@.instrument', fetch('prices')),
      at('orders.@', fetch('orders')),
    ],
  };
  expect(writtenLater(plan)).toEqual(['root', 'stock']);
});

test('those that run at the same time write to one another, in either branch of a condition too', () => {
  const plan: PlanNode = {
    kind: 'Parallel',
    nodes: [
      at('products.@', fetch('stock')),
      { kind: 'Condition', condition: 'withPrices', ifClause: at('products.@', at('price', fetch('prices'))) },
      at('orders', fetch('orders')),
    ],
  };
  expect(writtenLater(plan)).toEqual(['stock', 'prices']);
});
