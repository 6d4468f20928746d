import { applyRewrites } from '@apollo/gateway/dist/dataRewrites.js';
import type { FetchNode } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import { copied, merge, type Tree } from './merge.ts';
import type { UniqueRepresentations } from './unique-representations.ts';

/**
 * The entities of an answer.
 * @throws Error when there are not as many as were asked for, or none at all
 */
export function entitiesOf(data: Tree, { texts, indexes }: UniqueRepresentations): unknown[] {
  const entities = data._entities;
  if (!Array.isArray(entities)) throw new Error('Expected "data._entities" in response to be an array');
  // As many as are wanted, as stock says it, which asks for the same entity for each place.
  if (entities.length !== texts.length)
    throw new Error(`Expected "data._entities" to contain ${indexes.length} elements`);
  return entities;
}

/** Puts each entity of an answer where it is wanted; `targets` are all places in their order. */
export function createEntityPutter(options: {
  node: Pick<FetchNode, 'outputRewrites'>;
  isWrittenLater: boolean;
  supergraphSchema: GraphQLSchema;
}) {
  const { node, isWrittenLater, supergraphSchema } = options;
  const { outputRewrites } = node;

  function putInGeneral(target: Tree, entity: Tree): void {
    if (entity && !entity.__typename) entity.__typename = target.__typename;
    applyRewrites(supergraphSchema, outputRewrites, entity);
    merge(target, entity);
  }

  return (targets: readonly unknown[], entities: readonly unknown[], { texts, indexes }: UniqueRepresentations) => {
    const isShared = texts.length < indexes.length;
    const taken = new Set<number>();
    for (let place = 0; place < targets.length; place++) {
      const index = indexes[place]!;
      const target = targets[place] as Tree;
      const entity = entities[index] as Tree;
      // Without rewrites an entity stays as it is: its name, where it has none, is that which the place has already.
      if (outputRewrites || !isEntityAsExpected(entity)) {
        putInGeneral(target, isShared ? copied(entity) : entity);
        continue;
      }
      const isForSeveral = isShared && isWrittenLater && taken.has(index);
      merge(target, isForSeveral ? copied(entity) : entity);
      if (isShared) taken.add(index);
    }
  };
}

function isEntityAsExpected(entity: unknown): boolean {
  if (entity === null) return true;
  return typeof entity === 'object' && (!('__typename' in entity) || Boolean(entity.__typename));
}
