import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { buildOperationContext, executeQueryPlan, type ServiceMap } from '@apollo/gateway';
import type { GraphQLDataSource } from '@apollo/gateway/dist/datasources/types.js';
import type { QueryPlan } from '@apollo/query-planner';
import type { GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface';
import { getOperationAST, parse, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { GatewayContext } from '../../../gateway-context.ts';
import { createGeneration, type Generation } from '../../../supergraph/generation.ts';
import { readSupergraph } from '../../../supergraph/security-features.ts';
import type { ExecutablePlan } from '../executable-plan.ts';
import { imaginedAnswer, type Behaviour } from './imagined-answers.ts';

/** A supergraph with imagined subgraphs. */
export type ImaginedGraph = {
  generation: Generation;
  plan(document: DocumentNode): QueryPlan;
  /** What the executor of @apollo/gateway says, as JSON. */
  byStock(text: string, plan: QueryPlan, variables: Record<string, unknown>, behaviour: Behaviour): Promise<string>;
  /** What a plan of this project says, as JSON. */
  byPlan(plan: ExecutablePlan, variables: Record<string, unknown>, behaviour: Behaviour): Promise<string>;
};

/** Makes a graph of a supergraph schema; its subgraphs answer by their schemas, and by the behaviour that is asked for. */
export function createImaginedGraph(supergraphSdl: string): ImaginedGraph {
  const generation = createGeneration(supergraphSdl, ({ name }) => ({ name, url: name }) as never);
  const supergraph = Supergraph.build(readSupergraph(supergraphSdl).servedSdl);
  const schemas = new Map<string, GraphQLSchema>();
  for (const { name, schema } of supergraph.subgraphs()) schemas.set(name, schema.toGraphQLJSSchema());

  return {
    generation,
    plan: (document) => generation.planner.buildQueryPlan(operationFromDocument(generation.plannerApiSchema, document)),
    async byStock(text, plan, variables, behaviour) {
      const document = parse(text);
      const inTurns = createTurns();
      const services = Object.create(null) as ServiceMap;
      for (const [name, schema] of schemas) {
        const service: GraphQLDataSource = {
          async process({ request }) {
            const { representations, ...given } = (request.variables ?? {}) as { representations?: unknown[] };
            const wanted = representations?.map((representation) => JSON.stringify(representation));
            const question = { text: request.query!, variables: given, representations: wanted };
            return inTurns(name, question, () => imaginedAnswer(schema, question, behaviour)) as never;
          },
        };
        services[name] = service;
      }
      const request = { request: { variables }, context: {}, metrics: {} } as unknown as GatewayGraphQLRequestContext;
      const context = buildOperationContext({ schema: generation.apiSchema, operationDocument: document });
      const { supergraphSchema, plannerApiSchema } = generation;
      return said(async () => {
        const executed = await executeQueryPlan(plan, services, request, context, supergraphSchema, plannerApiSchema);
        const { data, errors, extensions } = executed;
        return textOf({ data: data === undefined ? undefined : JSON.stringify(data), errors, extensions });
      });
    },
    byPlan(plan, variables, behaviour) {
      const inTurns = createTurns();
      return said(async () => {
        const { data, errors, extensions } = await plan.execute({
          variables,
          context: {} as GatewayContext,
          fetch({ operation, variables: given, representations }) {
            const question = { text: operation.text, variables: JSON.parse(`{${given}}`), representations };
            const schema = schemas.get(operation.subgraph)!;
            return inTurns(operation.subgraph, question, () => imaginedAnswer(schema, question, behaviour));
          },
        });
        return textOf({ data, errors: errors.length > 0 ? errors : undefined, extensions });
      });
    },
  };
}

/** The operation of a document that has one. */
export function onlyOperation(document: DocumentNode) {
  return getOperationAST(document)!;
}

/** Where several branches of a plan cannot go on, which of them is told depends on the executor's inner turns. */
async function said(execute: () => Promise<string>): Promise<string> {
  try {
    return await execute();
  } catch {
    return 'rejected';
  }
}

function textOf(executed: { data: string | undefined; errors?: readonly unknown[]; extensions?: object }): string {
  const { data, ...rest } = executed;
  return `${data} ${JSON.stringify(rest, plainErrors)}`;
}

/** What is thrown is told by its text: JSON has nothing of it. */
function plainErrors(_key: string, value: unknown): unknown {
  return value instanceof Error && !('toJSON' in value) ? { thrown: String(value) } : value;
}

/**
 * Lets one answer arrive after the other, and only when nothing else is to be done: in an order that depends on nothing but
 * what was asked.
 */
function createTurns() {
  const waiting: { key: string; arrive: () => void }[] = [];
  function next() {
    waiting.sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
    waiting.shift()!.arrive();
    if (waiting.length > 0) setImmediate(next);
  }
  return <Answer>(
    subgraph: string,
    { text, representations }: { text: string; representations: readonly string[] | undefined },
    answer: () => Answer,
  ): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const arrive = () => {
      try {
        resolve(answer());
      } catch (error) {
        reject(error as Error);
      }
    };
    waiting.push({ key: `${subgraph} ${text} ${[...new Set(representations)].join()}`, arrive });
    if (waiting.length === 1) setImmediate(next);
    return promise;
  };
}
