import { Kind, parse, type FieldNode, type SelectionSetNode } from 'graphql';
import { rootFieldOf } from '../plans/canonical-request.ts';
import type { Shape } from '../plans/response-shape.ts';

/**
 * Whether the events of a subscription that runs tell everything that another subscription wants: the same root field with
 * the same arguments, and below it every field that is read. Both are canonical, where a name stands for its arguments and
 * type conditions too.
 * @param running text of the subscription that runs
 * @param wanted text of the other one, and what is read of its events
 */
export function isCovered(running: string, wanted: { text: string; shape: Shape }): boolean {
  if (running === wanted.text) return true;
  const [one, other] = [rootOf(running), rootOf(wanted.text)];
  return fieldText(one) === fieldText(other) && tells([one], wanted.shape);
}

function rootOf(text: string): FieldNode {
  const [operation] = parse(text, { noLocation: true }).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('a canonical subscription is one operation');
  return rootFieldOf(operation);
}

function fieldText({ name, arguments: given }: FieldNode): string {
  return JSON.stringify([name.value, given]);
}

function tells(fields: readonly FieldNode[], shape: Shape): boolean {
  return shape.every(({ from, shape: below }) => {
    const telling = fields.filter(({ name, alias }) => (alias ?? name).value === from);
    return telling.length > 0 && (!below || tells(telling.flatMap(fieldsBelow), below));
  });
}

function fieldsBelow({ selectionSet }: { selectionSet?: SelectionSetNode | undefined }): FieldNode[] {
  return (selectionSet?.selections ?? []).flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    return selection.kind === Kind.INLINE_FRAGMENT ? fieldsBelow(selection) : [];
  });
}
