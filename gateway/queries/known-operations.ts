import type { GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { OperationNeeds } from '../security/access/operation-needs.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { ValidDocuments, ValidOperation } from '../valid-documents.ts';
import { cachableOperation, type CachableOperation } from './caching/response-cache.ts';
import { createWrongVariables, type WrongVariables } from './wrong-variables.ts';
import type { ExecutablePlan } from './compiled/executable-plan.ts';

/**
 * An operation of a client, with everything that was found out of it once: what depends neither on who asks nor on the
 * variables.
 */
export type KnownOperation = ValidOperation & {
  generation: Generation;
  /** What it takes to be answered all of it; `undefined` when anybody is. */
  needs: OperationNeeds | undefined;
  wrongVariables: WrongVariables;
  /** How its answers are kept; `undefined` when they are not. */
  cachable: CachableOperation | undefined;
  /** How it is executed, by what a caller may see of it. */
  plans: Map<string, ExecutablePlan>;
  /** What it costs in addition until it has been planned, by the length of its text. */
  readingCost: number;
  isPlanned: boolean;
  /** Whether Apollo Server has let it pass: from then on it takes the short way. */
  hasPassed: boolean;
};

export type KnownOperations = {
  /** @returns the operation, or the errors that a client gets for it */
  read(
    generation: Generation,
    text: string,
    operationName: string | null | undefined,
  ): KnownOperation | readonly GraphQLError[];
};

/**
 * @param options.limitBytes bytes that operations of one generation take at most, with the ways to execute them, by estimate
 * @param options.hideSuggestions whether errors keep to themselves which names of the schema are close to a wrong one
 */
export function createKnownOperations(options: {
  documents: ValidDocuments;
  limitBytes: number;
  hideSuggestions: boolean;
}): KnownOperations {
  const { limitBytes } = options;
  const ofGenerations = new WeakMap<Generation, LRUCache<ValidOperation, KnownOperation>>();

  function knownOf(generation: Generation): LRUCache<ValidOperation, KnownOperation> {
    const existing = ofGenerations.get(generation);
    if (existing) return existing;
    const made = new LRUCache<ValidOperation, KnownOperation>({
      maxSize: limitBytes,
      maxEntrySize: Math.ceil(limitBytes / 8),
      sizeCalculation: ({ readingCost }) => bytesOf(readingCost),
    });
    ofGenerations.set(generation, made);
    return made;
  }

  return {
    read(generation, text, operationName) {
      const valid = options.documents.read(generation, text, operationName);
      if (Array.isArray(valid)) return valid;
      const known = knownOf(generation);
      const existing = known.get(valid);
      if (existing) return existing;
      const operation = knownOperation(generation, text, valid, options);
      known.set(valid, operation);
      return operation;
    },
  };
}

/** Reading and planning so many characters takes about as long as executing what costs one unit: half a millisecond. */
const charactersPerUnit = 25;

/** Bytes of what is known of an operation; measured, documents of many fields take up to 350 for a character. */
function bytesOf(readingCost: number): number {
  return 20_000 + 350 * charactersPerUnit * readingCost;
}

function knownOperation(
  generation: Generation,
  text: string,
  valid: ValidOperation,
  options: { hideSuggestions: boolean },
): KnownOperation {
  const { access, cacheRules, id: generationId } = generation;
  return {
    ...valid,
    generation,
    needs: access.needsOf(valid.document, valid.operation),
    wrongVariables: createWrongVariables(generation.apiSchema, valid, options),
    cachable: cachableOperation({ ...valid, generationId, rules: cacheRules, text }),
    plans: new Map(),
    readingCost: Math.ceil(text.length / charactersPerUnit),
    isPlanned: false,
    hasPassed: false,
  };
}
