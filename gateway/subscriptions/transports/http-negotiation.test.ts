import { expect, test } from '@jest/globals';
import { acceptedAnswers } from './http-negotiation.ts';

test.each([
  ['of EventSource and graphql-sse', 'text/event-stream', { stream: 'sse', json: undefined }],
  [
    'of Apollo Client',
    'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9',
    { stream: 'multipart', json: 'application/graphql-response+json' },
  ],
  [
    'of Apollo Kotlin and iOS',
    'multipart/mixed;subscriptionSpec="1.0", application/json',
    { stream: 'multipart', json: 'application/json' },
  ],
  ['of urql for a subscription', 'text/event-stream, multipart/mixed', { stream: 'sse', json: undefined }],
  [
    'of urql for a query',
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    { stream: 'sse', json: 'application/graphql-response+json' },
  ],
  ['of fetch and curl, which name nothing', '*/*', { stream: undefined, json: 'application/json' }],
  ['of a request without one', undefined, { stream: undefined, json: 'application/json' }],
  [
    'of a client of incremental delivery',
    'multipart/mixed;deferSpec=20220824, application/json',
    { stream: undefined, json: 'application/json' },
  ],
  ['of another version of the multipart protocol', 'multipart/mixed;subscriptionSpec=2.0', { stream: undefined }],
  [
    'that prefers one stream to the other',
    'multipart/mixed;subscriptionSpec=1.0;q=0.5, text/event-stream',
    { stream: 'sse' },
  ],
  ['that refuses a stream', 'text/event-stream;q=0, application/json', { stream: undefined, json: 'application/json' }],
  ['in another case', 'Text/Event-Stream', { stream: 'sse' }],
])('the Accept header %s is understood', (_name, header, answers) => {
  expect(acceptedAnswers(header)).toMatchObject(answers);
});
