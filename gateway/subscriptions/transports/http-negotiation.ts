/** How a subscription is answered over HTTP. */
export type StreamKind = 'sse' | 'multipart';

export type AcceptedAnswers = {
  /** The kind of stream that the client likes best; `undefined` when it takes none that is served here. */
  stream: StreamKind | undefined;
  /** The content type of an answer in one piece; `undefined` when the client takes nothing but streams. */
  json: 'application/json' | 'application/graphql-response+json' | undefined;
};

/**
 * Reads an `Accept` header (RFC 9110, 12.5.1). A stream has to be named: a wildcard does not ask for one. Several clients
 * send one header with everything that they can read for every operation, so what is preferred among streams and JSON is
 * not asked: a subscription is answered with a stream, everything else with JSON, where the client takes both.
 */
export function acceptedAnswers(header: string | undefined): AcceptedAnswers {
  const ranges = (header ?? '*/*').split(',').map(readRange);
  const accepted = ranges.filter(({ quality }) => quality > 0).toSorted((one, other) => other.quality - one.quality);
  return {
    stream: accepted.map(streamKindOf).find(Boolean),
    json: accepted.map(jsonTypeOf).find(Boolean),
  };
}

type MediaRange = { type: string; parameters: Map<string, string>; quality: number };

function readRange(range: string): MediaRange {
  const [type = '', ...pairs] = range.split(';').map((part) => part.trim());
  const parameters = new Map(
    pairs.map((pair): [string, string] => {
      const [name = '', value = ''] = pair.split('=', 2);
      return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')];
    }),
  );
  const quality = Number(parameters.get('q') ?? 1);
  return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
}

function streamKindOf({ type, parameters }: MediaRange): StreamKind | undefined {
  if (type === 'text/event-stream') return 'sse';
  // Without this parameter it is the multipart of incremental delivery, which is something else.
  if (type === 'multipart/mixed' && parameters.get('subscriptionspec') === '1.0') return 'multipart';
  return undefined;
}

function jsonTypeOf({ type }: MediaRange): AcceptedAnswers['json'] {
  if (type === 'application/graphql-response+json') return type;
  return ['application/json', 'application/*', '*/*'].includes(type) ? 'application/json' : undefined;
}
