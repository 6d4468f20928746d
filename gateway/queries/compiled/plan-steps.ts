import type { VariableDefinitions } from '@apollo/federation-internals';
import { evaluateCondition, type FetchNode, type PlanNode } from '@apollo/query-planner';
import type { Run, Step } from './run.ts';

type Path = (string | number)[];

/** How the parts of a plan are made that are not the same for every plan. */
export type StepMaker = {
  variableDefinitions: VariableDefinitions;
  fetchStep(node: FetchNode, path: Path): Step;
};

/** Makes a step of a node of a plan, with everything below it. @param path where in the answer it begins */
export function stepOf(node: PlanNode, path: Path, maker: StepMaker): Step {
  switch (node.kind) {
    case 'Fetch':
      return maker.fetchStep(node, path);
    case 'Sequence':
      return inSequence(node.nodes.map((each) => stepOf(each, path, maker)));
    case 'Parallel':
      return inParallel(node.nodes.map((each) => stepOf(each, path, maker)));
    case 'Flatten':
      return at(node.path, stepOf(node.node, [...path, ...node.path], maker));
    case 'Condition': {
      const { ifClause, elseClause } = node;
      const ifTrue = ifClause && stepOf(ifClause, path, maker);
      const ifFalse = elseClause && stepOf(elseClause, path, maker);
      const isTrue = (run: Run) => evaluateCondition(node, maker.variableDefinitions, run.variables);
      return (run, data) => (isTrue(run) ? ifTrue : ifFalse)?.(run, data);
    }
    case 'Defer':
      throw new Error('A deferred part of an operation cannot be executed');
  }
}

function inSequence(steps: readonly Step[]): Step {
  const [only, ...others] = steps;
  if (only && others.length === 0) return only;
  return async (run, data) => {
    for (const step of steps) {
      const ended = step(run, data);
      if (ended) await ended;
    }
  };
}

function inParallel(steps: readonly Step[]): Step {
  const [only, ...others] = steps;
  if (only && others.length === 0) return only;
  return (run, data) => {
    const running: Promise<void>[] = [];
    for (const step of steps) {
      const ended = begin(step, run, data);
      if (ended) running.push(ended);
    }
    return running.length > 1 ? Promise.all(running).then(() => undefined) : running[0];
  };
}

/** Begins a step so that others begin, too, when it cannot. */
function begin(step: Step, run: Run, data: unknown): Promise<void> | undefined {
  try {
    return step(run, data);
  } catch (error) {
    return Promise.reject(error);
  }
}

function at(path: Path, step: Step): Step {
  return (run, data) => {
    const found = foundAt(run, data, path);
    return found ? step(run, found) : undefined;
  };
}

function foundAt(run: Run, data: unknown, path: Path): unknown {
  if (!run.isForgiving) return valuesAt(data, path, 0);
  try {
    return valuesAt(data, path, 0);
  } catch {
    // Nothing can be joined there. What is wrong is told when the answer is put into shape.
    return undefined;
  }
}

/** What is at a path: one value, or all that are in the lists on the way. */
function valuesAt(value: unknown, path: Path, position: number): unknown {
  if (position === path.length || value === undefined || value === null) return value;
  const current = path[position]!;
  if (current === '@') return valuesInList(value as unknown[], path, position + 1);
  if (Array.isArray(value)) throw new Error(`Unexpected array in result for path element ${current}`);
  return Object.hasOwn(value, current)
    ? valuesAt((value as Record<string, unknown>)[current], path, position + 1)
    : undefined;
}

/** As `flatMap`, which takes longer. */
function valuesInList(value: unknown[], path: Path, position: number): unknown {
  if (!Array.isArray(value)) throw new TypeError('value.flatMap is not a function');
  const found: unknown[] = [];
  for (const item of value as unknown[]) {
    const below = valuesAt(item, path, position);
    if (Array.isArray(below)) for (const each of below as unknown[]) found.push(each);
    else found.push(below);
  }
  return found;
}
