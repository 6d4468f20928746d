import { expect, test } from '@jest/globals';
import { decodeCursor, pageSize, toPage } from './pagination.ts';

test('a page ends where the next one continues, and the extra row only tells that there is one', () => {
  const page = toPage(['a', 'b', 'c'], 2, (row) => [row, '1']);
  expect(page.nodes).toEqual(['a', 'b']);
  expect(page.pageInfo.hasNextPage).toBe(true);
  expect(decodeCursor(page.pageInfo.endCursor!, 2)).toEqual(['b', '1']);
});

test('an empty page has no cursor', () => {
  expect(toPage([], 5, () => [])).toEqual({ nodes: [], pageInfo: { hasNextPage: false, endCursor: null } });
});

test.each(['', 'nonsense', Buffer.from('["a"]').toString('base64url'), Buffer.from('[1,2]').toString('base64url')])(
  'the foreign cursor %p is refused',
  (cursor) => {
    expect(() => decodeCursor(cursor, 2)).toThrow('after is not a cursor of this list');
  },
);

test.each([0, -1, 101])('a page of %p is refused', (first) => {
  expect(() => pageSize(first)).toThrow('first must be from 1 to 100');
});
