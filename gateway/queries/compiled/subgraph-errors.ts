import { errorCodeDef, ERRORS } from '@apollo/federation-internals';
import { generateHydratedPaths } from '@apollo/gateway/dist/executeQueryPlan.js';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Tree } from './merge.ts';

type Path = readonly (string | number)[];

/** Where in the answer to the client a fetch is made for. */
export type FetchPlace = {
  /** `@` stands for every item of a list. */
  path: Path;
  /** All that is known so far: paths of entities are found in it. */
  root: Tree;
  /** Whether the fetch asks for entities. */
  isOfEntities: boolean;
};

/** The errors of a subgraph as clients see them: with paths in their own operation, and the subgraph's name. */
export function errorsOfSubgraph(
  errors: readonly GraphQLFormattedError[],
  serviceName: string,
  place: FetchPlace,
): GraphQLError[] {
  let entityPaths: Path[] | undefined;

  function pathOf(errorPath: Path | undefined): Path | undefined {
    if (place.isOfEntities && typeof errorPath?.[1] === 'number') {
      entityPaths ??= pathsOfEntities(place);
      return [...(entityPaths[errorPath[1]] ?? []), ...errorPath.slice(2)];
    }
    return errorPath ? [...place.path, ...errorPath.slice()] : undefined;
  }

  return errors.map((error) => asGraphQLError(error, serviceName, pathOf(error.path)));
}

function pathsOfEntities({ path, root }: FetchPlace): Path[] {
  const paths: (string | number)[][] = [];
  generateHydratedPaths([], [...path], root, paths);
  return paths;
}

function asGraphQLError(error: GraphQLFormattedError, serviceName: string, path: Path | undefined): GraphQLError {
  const { message, extensions } = error;
  const text = message || `Error while fetching subquery from service "${serviceName}"`;
  const options = { originalError: error as Error, path, extensions: { ...extensions, serviceName } };
  // Codes of federation's own, which GraphQLErrors may have, are found by what the error says.
  const known = errorCodeDef(error as GraphQLError);
  if (!known && extensions?.code) return new GraphQLError(text, options);
  return (known ?? ERRORS.DOWNSTREAM_SERVICE_ERROR).err(text, options);
}
