import type { JsonSchema } from './type-schemas.ts';

/** Problem details (RFC 9457), as `problem.ts` makes them. */
export const problemSchema: JsonSchema = {
  type: 'object',
  description: 'Why there is no answer (RFC 9457).',
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string', description: 'What the status is called.' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong.' },
    code: { type: 'string', description: 'To branch on.' },
    errors: {
      type: 'array',
      items: { type: 'object' },
      description: 'Each thing that is wrong: with the `parameter`, or as GraphQL has it.',
    },
  },
  required: ['type', 'title', 'status', 'detail', 'code'],
};

const meanings: Record<string, string> = {
  400: 'The parameters are wrong.',
  401: 'Nobody is signed in, or the access token is no good.',
  403: 'Whoever is signed in may not do this.',
  404: 'There is nothing of the kind.',
  429: 'Too much at once; `Retry-After` says when to come back.',
  500: 'Something is broken.',
  503: 'Not now; it may succeed later.',
  504: 'It took too long.',
};

/** The problems that every operation may have, by status. */
export const problemResponses: Record<string, JsonSchema> = Object.fromEntries(
  Object.entries(meanings).map(([status, description]) => [
    status,
    { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/rest.Problem' } } } },
  ]),
);
