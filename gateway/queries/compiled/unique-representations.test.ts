import { expect, test } from '@jest/globals';
import { errorsOfPlaces, uniqueRepresentations } from './unique-representations.ts';

test('an entity that is wanted in several places is asked for once', () => {
  expect(uniqueRepresentations(['a', 'b', 'a', 'c', 'b'])).toEqual({
    texts: ['a', 'b', 'c'],
    indexes: [0, 1, 0, 2, 1],
  });
});

test('its errors are told for each of the places, in their order, and other errors where they were', () => {
  const unique = uniqueRepresentations(['a', 'b', 'a']);
  const errors = [
    { message: 'early' },
    { message: 'of a', path: ['_entities', 0, 'name'] },
    { message: 'also of a', path: ['_entities', 0] },
    { message: 'of b', path: ['_entities', 1, 'name'] },
    { message: 'of nobody', path: ['_entities', 9] },
    { message: 'late', path: [] },
  ];
  expect(errorsOfPlaces(errors, unique)).toEqual([
    { message: 'early' },
    { message: 'of a', path: ['_entities', 0, 'name'] },
    { message: 'also of a', path: ['_entities', 0] },
    { message: 'of b', path: ['_entities', 1, 'name'] },
    { message: 'of a', path: ['_entities', 2, 'name'] },
    { message: 'also of a', path: ['_entities', 2] },
    { message: 'of nobody', path: ['_entities', 9] },
    { message: 'late', path: [] },
  ]);
});
