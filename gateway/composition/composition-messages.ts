import type { composeServices } from '@apollo/composition';
import { getLocation, type GraphQLError, type Location } from 'graphql';

type CompositionHint = NonNullable<ReturnType<typeof composeServices>['hints']>[number];

/** A hint of the composition, to be printed. */
export type DescribedHint = {
  level: 'WARN' | 'INFO' | 'DEBUG';
  /** With its code and where it comes from. */
  text: string;
};

/** A composition error in a line: `CODE: what is wrong (file:line:column, …)`. */
export function describeProblem(error: GraphQLError): string {
  const { code = 'INVALID_GRAPHQL' } = error.extensions as { code?: string };
  const parsed = error.source && error.locations?.map(({ line, column }) => `${error.source!.name}:${line}:${column}`);
  const places = error.nodes ? placesOf(error.nodes) : (parsed ?? []);
  return line(code, error.message, places);
}

/** A composition hint in a line, as an error is. */
export function describeHint({ definition, message, nodes = [] }: CompositionHint): DescribedHint {
  const level = definition.level.name as DescribedHint['level'];
  return { level, text: line(definition.code, message, placesOf(nodes)) };
}

function line(code: string, message: string, places: string[]): string {
  // Some messages of the composition are several lines; each of them is to stay one here.
  const text = message.replaceAll(/\s*\n\s*/g, ' ');
  return `${code}: ${text}${places.length > 0 ? ` (${places.join(', ')})` : ''}`;
}

function placesOf(nodes: readonly { loc?: Location | undefined }[]): string[] {
  const places = nodes.flatMap(({ loc }) => {
    if (!loc) return [];
    const { line: row, column } = getLocation(loc.source, loc.start);
    return [`${loc.source.name}:${row}:${column}`];
  });
  return [...new Set(places)];
}
