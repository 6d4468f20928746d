import { describe, expect, test } from '@jest/globals';
import { hashOf, readManifest, writeManifest, type ManifestOperation } from './manifest.ts';

function operation(body: string, given: Partial<ManifestOperation> = {}): ManifestOperation {
  return { id: hashOf(body), name: 'Spot', type: 'query', body, ...given };
}

const spot = operation('query Spot { spot }');
const manifestOf = (...operations: object[]) => JSON.stringify({ ...JSON.parse(writeManifest([])), operations });

describe('a manifest of trusted documents', () => {
  test('is read as it was written', () => {
    const [read] = readManifest(writeManifest([spot]));
    expect(read).toMatchObject({ ...spot, hash: spot.id });
    expect(read!.operation.name!.value).toBe('Spot');
  });

  test('may have more in it, ids of its own, and the same name for clients of several versions', () => {
    const older = operation('query Spot { spot old }', { id: 'spot-1' });
    const read = readManifest(manifestOf({ ...spot, clientName: 'shop' }, older));
    expect(read.map(({ id, hash }) => [id, hash])).toEqual([
      [spot.id, spot.id],
      ['spot-1', hashOf(older.body)],
    ]);
  });

  test.each([
    ['is no JSON', '{', 'it is not JSON'],
    ['is of another format', JSON.stringify({ format: 'relay', version: 1, operations: [] }), 'format:'],
    ['lacks a part', manifestOf({ id: 'a', name: 'A', type: 'query' }), 'operations.0.body:'],
    ['has a hash of something else', manifestOf({ ...spot, id: hashOf('another') }), 'not the SHA-256 of the body'],
    ['has one id twice', manifestOf(spot, spot), 'another operation has this id too'],
    ['has a body that cannot be read', manifestOf(operation('query Spot {')), 'not GraphQL: Syntax Error'],
    [
      'has two operations in a body',
      manifestOf(operation('query Spot { spot } query B { b }')),
      '2 operations instead',
    ],
    ['has another name in the body', manifestOf({ ...spot, name: 'Other' }), 'the body is the query Spot'],
    ['calls a mutation a query', manifestOf(operation('mutation Spot { buy }')), 'the body is the mutation Spot'],
  ])('that %s is refused', (_what, text, problem) => {
    expect(() => readManifest(text)).toThrow(problem);
  });

  test('is refused with every problem at once', () => {
    const text = manifestOf({ ...spot, name: 'One' }, operation('query {'), { ...spot, id: 'x', type: 'mutation' });
    expect(() => readManifest(text)).toThrow(
      /One \(.*the body is the query Spot\n.*the body is not GraphQL.*\n.*Spot \(x\): the body is the query Spot/,
    );
  });
});
