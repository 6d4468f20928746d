import type { GraphQLFormattedError } from 'graphql';

/** Entities that a subgraph is asked for, each once, and who wanted them. */
export type UniqueRepresentations = {
  /** JSON, each another. */
  texts: string[];
  /** Which of `texts` each wanted entity is, in the order in which they are wanted. */
  indexes: number[];
};

/** @param wanted JSON of the entities, in the order in which they are wanted */
export function uniqueRepresentations(wanted: readonly string[]): UniqueRepresentations {
  if (wanted.length === 1) return { texts: [wanted[0]!], indexes: [0] };
  const known = new Map<string, number>();
  const texts: string[] = [];
  const indexes = wanted.map((text) => {
    const existing = known.get(text);
    if (existing !== undefined) return existing;
    known.set(text, texts.length);
    return texts.push(text) - 1;
  });
  return { texts, indexes };
}

/**
 * The errors of an answer as a subgraph would report them that was asked for every entity that is wanted: one that concerns
 * an entity is told for each place that wanted it, in the order of the places.
 */
export function errorsOfPlaces(
  errors: readonly GraphQLFormattedError[],
  { texts, indexes }: UniqueRepresentations,
): readonly GraphQLFormattedError[] {
  if (texts.length === indexes.length) return errors;
  const placesOf = Map.groupBy(indexes.keys(), (place) => indexes[place]!);
  const told: GraphQLFormattedError[] = [];
  let ofPlaces: { place: number; error: GraphQLFormattedError }[] = [];

  function tellOfPlaces() {
    const inOrder = ofPlaces.toSorted((one, other) => one.place - other.place);
    told.push(...inOrder.map(({ error }) => error));
    ofPlaces = [];
  }

  for (const error of errors) {
    const [field, index, ...rest] = error.path ?? [];
    const places = typeof index === 'number' ? placesOf.get(index) : undefined;
    if (places) {
      ofPlaces.push(...places.map((place) => ({ place, error: { ...error, path: [field!, place, ...rest] } })));
    } else {
      tellOfPlaces();
      told.push(error);
    }
  }
  tellOfPlaces();
  return told;
}
