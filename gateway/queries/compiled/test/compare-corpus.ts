import { expect } from '@jest/globals';
import { parse, validate } from 'graphql';
import { randomOperation } from '../../../subscriptions/plans/test/random-operation.ts';
import { compilePlan } from '../compile-plan.ts';
import { stockPlan } from '../stock-plan.ts';
import type { Behaviour } from './imagined-answers.ts';
import { onlyOperation, type ImaginedGraph } from './two-executors.ts';

/** Names that every object has something behind. */
const aliases = ['constructor', '__proto__', 'toString'];

/** How many operations were compared, and what became of them. */
export type Corpus = { planned: number; compiled: number; withErrors: number; withWrongValues: number };

/**
 * Executes random operations by the executor of @apollo/gateway and by compiled plans, each with subgraphs that answer well,
 * that fail now and then, and that answer anything; both have to say the same, to the byte. What fails names the number of
 * the operation, by which it is made again.
 * @param first the number of the first operation
 */
export async function compareCorpus(graph: ImaginedGraph, first: number, count: number): Promise<Corpus> {
  const corpus: Corpus = { planned: 0, compiled: 0, withErrors: 0, withWrongValues: 0 };
  for (let number = first; corpus.planned < count; number++) {
    const made = plannedOperation(graph, number);
    if (!made) continue;
    const { planned, text, variables } = made;
    corpus.planned += 1;
    const compiled = compilePlan(planned);
    if (compiled) corpus.compiled += 1;
    for (const behaviour of behavioursOf(number)) {
      const expected = await graph.byStock(text, planned.plan, variables, behaviour);
      for (const plan of number % 20 === 0 || !compiled ? [compiled, stockPlan(planned)] : [compiled]) {
        const said = plan ? await graph.byPlan(plan, variables, behaviour) : expected;
        if (said !== expected) expect({ number, behaviour, text, variables, said }).toEqual({ said: expected });
      }
      if (expected.includes('"errors":[')) corpus.withErrors += 1;
      if (expected.includes('"valueCompletion"')) corpus.withWrongValues += 1;
    }
  }
  return corpus;
}

function plannedOperation({ generation, plan }: ImaginedGraph, number: number) {
  const random = randomNumbers(number);
  const { apiSchema } = generation;
  const isMutation = random(5) === 0;
  const type = (isMutation ? apiSchema.getMutationType() : apiSchema.getQueryType())!;
  const root = { keyword: isMutation ? 'mutation' : 'query', type, depth: 3 + random(4), aliases };
  const { text, variables } = randomOperation(apiSchema, root, random);
  const document = parse(text);
  if (validate(apiSchema, document).length > 0) return undefined;
  try {
    return {
      planned: { plan: plan(document), document, operation: onlyOperation(document), generation },
      text,
      variables,
    };
  } catch {
    // The planner fails on a few operations with interface objects: then there is nothing to execute.
    return undefined;
  }
}

function behavioursOf(number: number): Behaviour[] {
  return [0, 0.02, 0.15].map((faults, index) => ({ seed: number + index, faults }));
}

/** Numbers from 0 to below what is asked for: always the same for a seed (xorshift). */
function randomNumbers(seed: number): (below: number) => number {
  let state = Math.imul(seed, 2_654_435_761) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
