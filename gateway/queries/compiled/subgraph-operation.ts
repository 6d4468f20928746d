import type { FetchNode } from '@apollo/query-planner';
import { getOperationAST, OperationTypeNode, parse } from 'graphql';
import { bodyHeadOf, type SubgraphOperation } from '../subgraph-fetch.ts';
import type { PlannedOperation } from './executable-plan.ts';

/** What a fetch of a plan asks of its subgraph. It parses the text that the planner wrote: once a plan. */
export function subgraphOperationOf(
  { serviceName, operation: text, operationName, operationKind }: FetchNode,
  { streamRules }: Pick<PlannedOperation['generation'], 'streamRules'>,
): SubgraphOperation {
  const document = parse(text, { noLocation: true });
  const operation = getOperationAST(document, operationName);
  return {
    subgraph: serviceName,
    kind: operationKind === OperationTypeNode.MUTATION ? 'mutation' : 'query',
    text,
    operationName,
    isPersonal: !operation || streamRules.isPersonal(document, operation),
    bodyHead: bodyHeadOf(text, operationName),
  };
}
