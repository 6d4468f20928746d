import type { SubgraphAnswer } from '../subgraph-fetch.ts';
import type { FailureKind } from './request-outcome.ts';

/** What who has asked gets when there is no answer. It says nothing of the subgraph, not even its name. */
export function failedAnswer(kind: FailureKind): SubgraphAnswer {
  const [code, message] =
    kind === 'late'
      ? ['DEADLINE_EXCEEDED', 'Part of the data was not available in time']
      : ['SUBGRAPH_UNAVAILABLE', 'Part of the data is not available at the moment'];
  // The same request is as large, and as wrong, the next time.
  const retryable = kind !== 'too_large' && kind !== 'unsendable';
  // An empty path is put behind the path of the fetch, so that the client sees what is missing.
  return { data: null, errors: [{ message, path: [], extensions: { code, retryable } }] };
}
