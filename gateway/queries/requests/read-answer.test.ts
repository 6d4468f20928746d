import { expect, test } from '@jest/globals';
import { readAnswer } from './read-answer.ts';

test.each([
  '',
  '<html>',
  '1',
  'null',
  '[]',
  '"x"',
  '{}',
  '{"data":1}',
  '{"data":[]}',
  '{"errors":"x"}',
  '{"errors":[]}',
  '{"message":"no"}',
])('%s is no answer of GraphQL', (text) => {
  expect(readAnswer(text)).toBeUndefined();
});

test('data and errors are taken over, and nothing beside them', () => {
  expect(readAnswer('{"data":{"a":1},"extensions":{"cost":1}}')).toEqual({ data: { a: 1 } });
  expect(readAnswer('{"data":null}')).toEqual({ data: null });
  expect(readAnswer('{"data":{"a":1},"errors":[]}')).toEqual({ data: { a: 1 } });
  expect(readAnswer('{"errors":[{"message":"no","path":["a",0],"extensions":{"code":"NOT_FOUND"}}]}')).toEqual({
    errors: [{ message: 'no', path: ['a', 0], extensions: { code: 'NOT_FOUND' } }],
  });
});

test('errors lose what tells of the inside of the subgraph, and what is no error is told as one', () => {
  const text = JSON.stringify({
    data: null,
    errors: [
      {
        message: 'no',
        path: [{}],
        extensions: { code: 'X', stacktrace: ['at'], exception: {} },
        locations: [{ line: 1 }],
      },
      { message: 5 },
    ],
  });
  expect(readAnswer(text)?.errors).toEqual([
    { message: 'no', extensions: { code: 'X' } },
    { message: 'The error cannot be read', extensions: { code: 'SUBGRAPH_UNAVAILABLE', retryable: false } },
  ]);
});
