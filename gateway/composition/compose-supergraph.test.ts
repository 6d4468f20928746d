import { describe, expect, test } from '@jest/globals';
import { composeSubgraphs, readSubgraphs } from './compose-supergraph.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])';

const compose = (...texts: string[]) =>
  composeSubgraphs(
    texts.map((text, index) => {
      const name = ['one', 'two'][index]!;
      return { name, url: `http://${name}/graphql`, path: `${name}.graphql`, text: `${federation}\n${text}` };
    }),
  );

describe('a composition', () => {
  test('that fails tells every error with its code and all the places it comes from', () => {
    const one = 'type Query { one: Thing }\ntype Thing @shareable { size: Int }';
    const two = 'type Query { two: Thing }\ntype Thing { size: String }';
    expect(() => compose(one, two)).toThrow(
      /^The subgraphs do not compose:\n {2}FIELD_TYPE_MISMATCH: Type of field "Thing.size" .* \(one.graphql:3:25, two.graphql:3:14\)$/m,
    );
    expect(() => compose(one, two)).toThrow(/INVALID_FIELD_SHARING: .*two.graphql:3:14/);
  });

  test('of a schema that cannot be read tells the place', () => {
    expect(() => compose('type Query {')).toThrow(
      'INVALID_GRAPHQL: Syntax Error: Expected Name, found <EOF>. (one.graphql:2:13)',
    );
  });

  test('that succeeds hints at what is suspicious, the most suspicious first', () => {
    const { supergraphSdl, hints } = compose(
      'type Query { one: Thing }\n"A thing." type Thing @shareable { size: Int }',
      'type Query { two: Thing }\n"Some thing." type Thing @shareable { size: Int! }',
    );
    expect(supergraphSdl).toContain('type Thing');
    expect(hints.map(({ level, text }) => [level, text.split(':')[0]])).toEqual([
      ['WARN', 'INCONSISTENT_DESCRIPTION'],
      ['INFO', 'INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE'],
    ]);
    expect(hints[1]!.text).toMatch(/\(one.graphql:3:\d+, two.graphql:3:\d+\)$/);
  });

  test("of the project's own subgraphs has nothing suspicious", async () => {
    expect(composeSubgraphs(await readSubgraphs()).hints).toEqual([]);
  });
});
