import {
  isCompositeType,
  isListType,
  isNonNullType,
  type Operation,
  type SelectionSet,
  type Type,
} from '@apollo/federation-internals';
import { GraphQLError } from 'graphql';
import type { Tree } from './merge.ts';

type Path = (string | number)[];

/**
 * Takes out of an answer what is of another kind than the schema says, a list where there is an object for one: it becomes
 * null. Stock gives up the whole answer then.
 * @param root all answers put together; it is changed
 * @returns an error for each place that was taken out
 */
export function fitAnswer(operation: Operation, root: Tree): GraphQLError[] {
  const errors: GraphQLError[] = [];

  function fitSelections(object: Tree, selectionSet: SelectionSet, path: Path): void {
    // Conditions and types are not looked at: what is selected under one name is of one kind, whatever the type is.
    for (const selection of selectionSet.selections()) {
      if (selection.kind !== 'FieldSelection') {
        fitSelections(object, selection.selectionSet, path);
        continue;
      }
      const name = selection.element.responseName();
      if (!Object.hasOwn(object, name)) continue;
      const { type } = selection.element.definition;
      object[name] = fitted(object[name], type!, selection.selectionSet, [...path, name]);
    }
  }

  function fitted(value: unknown, type: Type, selectionSet: SelectionSet | undefined, path: Path): unknown {
    if (value === null || value === undefined) return value;
    if (isNonNullType(type)) return fitted(value, type.ofType, selectionSet, path);
    if (isListType(type)) {
      if (!Array.isArray(value)) return notOfKind(path);
      return value.map((item, index) => fitted(item, type.ofType, selectionSet, [...path, index]));
    }
    if (!isCompositeType(type) || !selectionSet) return value;
    if (typeof value !== 'object' || Array.isArray(value)) return notOfKind(path);
    const object = value as Tree;
    const { __typename: typename } = object;
    if (typename !== undefined && typeof typename !== 'string') return notOfKind(path);
    fitSelections(object, selectionSet, path);
    return object;
  }

  function notOfKind(path: Path): null {
    errors.push(garbage(path));
    return null;
  }

  fitSelections(root, operation.selectionSet, []);
  return errors;
}

/** What a client is told of a place of which a subgraph has said something else than the schema allows. */
export function garbage(path: Path): GraphQLError {
  return new GraphQLError('Part of the data is not what it should be', {
    path,
    // Errors with this mark are made for clients: they are shown as they are.
    extensions: { code: 'SUBGRAPH_UNAVAILABLE', retryable: false, serviceName: '' },
  });
}
