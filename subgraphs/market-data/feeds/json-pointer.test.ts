import { expect, test } from '@jest/globals';
import { parseExactJson } from './exact-json.ts';
import { valueAt } from './json-pointer.ts';

const json = parseExactJson('{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"m~n":8,"~1":9,"data":[{"bid":4084.10}]}');

test.each([
  ['/foo', ['bar', 'baz']],
  ['/foo/0', 'bar'],
  ['/', '0'],
  ['/a~1b', '1'],
  ['/c%d', '2'],
  ['/m~0n', '8'],
  ['/~01', '9'],
  ['/data/0/bid', '4084.10'],
  ['', json],
])('%p points to its value (RFC 6901, section 5)', (pointer, value) => {
  expect(valueAt(json, pointer)).toEqual(value);
});

test.each(['/nothing', '/foo/2', '/foo/-', '/foo/01', '/foo/length', '/data/0/bid/0', '/toString', '/__proto__'])(
  '%p points to nothing',
  (pointer) => {
    expect(valueAt(json, pointer)).toBeUndefined();
  },
);
