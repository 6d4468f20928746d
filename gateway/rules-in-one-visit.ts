import { BREAK, type ASTNode, type ASTVisitor, type ASTVisitFn, type ValidationRule } from 'graphql';

type Handler = { rule: number; visitor: ASTVisitor; handle: ASTVisitFn<ASTNode> };
type Handlers = { enter: Handler[]; leave: Handler[] };
/** What a rule looks at next: everything, nothing below a node, or nothing at all any more. */
type Skipped = ASTNode | typeof BREAK | null;

/**
 * Rules of validation as one, which says exactly what they say, in their order. graphql-js asks each rule for each of its 43
 * kinds of nodes what it does with them, which for a small document takes longer than to validate it; here a rule is asked
 * for the kinds that occur.
 */
export function rulesInOneVisit(rules: readonly ValidationRule[]): ValidationRule {
  return (context) => inParallel(rules.map((rule) => rule(context)));
}

/** `visitInParallel` of graphql-js. */
function inParallel(visitors: readonly ASTVisitor[]): ASTVisitor {
  const skipped: Skipped[] = visitors.map(() => null);
  const ofKinds = new Map<ASTNode['kind'], Handlers>();

  function handlersOf(kind: ASTNode['kind']): Handlers {
    const known = ofKinds.get(kind);
    if (known) return known;
    const handlers: Handlers = { enter: [], leave: [] };
    for (const [rule, visitor] of visitors.entries()) {
      const { enter, leave } = handlersIn(visitor, kind);
      if (enter) handlers.enter.push({ rule, visitor, handle: enter });
      // A rule that skips what is below a node goes on behind it.
      if (enter || leave) handlers.leave.push({ rule, visitor, handle: leave ?? noHandler });
    }
    ofKinds.set(kind, handlers);
    return handlers;
  }

  return {
    enter(node, ...place) {
      for (const { rule, visitor, handle } of handlersOf(node.kind).enter) {
        if (skipped[rule] !== null) continue;
        const result: unknown = handle.call(visitor, node, ...place);
        if (result === false) skipped[rule] = node;
        else if (result === BREAK) skipped[rule] = BREAK;
        else if (result !== undefined) return result;
      }
      return undefined;
    },
    leave(node, ...place) {
      for (const { rule, visitor, handle } of handlersOf(node.kind).leave) {
        if (skipped[rule] === node) skipped[rule] = null;
        else if (skipped[rule] === null) {
          const result: unknown = handle.call(visitor, node, ...place);
          if (result === BREAK) skipped[rule] = BREAK;
          else if (result !== undefined && result !== false) return result;
        }
      }
      return undefined;
    },
  };
}

const noHandler = () => undefined;

/** What a visitor does with a kind of nodes, in each of the ways in which it may say so. */
function handlersIn(visitor: ASTVisitor, kind: ASTNode['kind']) {
  const own = (visitor as Record<string, unknown>)[kind];
  if (typeof own === 'function') return { enter: own as ASTVisitFn<ASTNode>, leave: undefined };
  const both = typeof own === 'object' ? own : visitor;
  return both as { enter?: ASTVisitFn<ASTNode>; leave?: ASTVisitFn<ASTNode> };
}
