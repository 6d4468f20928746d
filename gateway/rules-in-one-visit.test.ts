import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  BREAK,
  buildSchema,
  Kind,
  Lexer,
  parse,
  Source,
  specifiedRules,
  TokenKind,
  validate,
  type ASTVisitor,
  type DocumentNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { rulesInOneVisit } from './rules-in-one-visit.ts';
import { goldGeneration } from './security/limits/test/document-settings.ts';

const schema = goldGeneration().apiSchema;
const inOneVisit = [rulesInOneVisit(specifiedRules)];
const texts = ['served', 'planned'].flatMap((folder) => {
  const url = new URL(`contract/${folder}/`, import.meta.url);
  return readdirSync(url).map((file) => readFileSync(new URL(file, url), 'utf8'));
});

/** The words, numbers and signs of a text. */
function tokensOf(text: string): string[] {
  const lexer = new Lexer(new Source(text));
  const tokens: string[] = [];
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance())
    tokens.push(text.slice(token.start, token.end));
  return tokens;
}

function parsed(text: string): DocumentNode | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** What rules say of a document; graphql-js throws what is wrong with `@skip` at the root of a subscription. */
function saidBy(rules: readonly ValidationRule[], document: DocumentNode): unknown[] {
  try {
    return validate(schema, document, rules, { maxErrors: 20 }).map((error) => error.toJSON());
  } catch (error) {
    return [`thrown: ${String(error)}`];
  }
}

test('what is wrong with a document is said in the same words and order as by graphql-js', () => {
  const all = texts.map(tokensOf);
  const words = all.flat();
  let wrong = 0;
  const change = fc.record({
    at: fc.nat(),
    how: fc.constantFrom('leave out', 'repeat', 'replace', 'insert'),
    word: fc.oneof(fc.constantFrom(...words), fc.constantFrom('nothing', '$unknown', '@skip', '...', '1', '[', '{')),
  });
  const document = fc.record({ of: fc.nat(), changes: fc.array(change, { maxLength: 3 }) });
  fc.assert(
    fc.property(document, ({ of, changes }) => {
      const tokens = [...all[of % all.length]!];
      for (const { at, how, word } of changes) {
        const place = at % tokens.length;
        if (how === 'leave out') tokens.splice(place, 1);
        else if (how === 'repeat') tokens.splice(place, 0, tokens[place]!);
        else tokens.splice(place, how === 'replace' ? 1 : 0, word);
      }
      const read = parsed(tokens.join(' '));
      if (!read) return;
      const usual = saidBy(specifiedRules, read);
      if (usual.length > 0) wrong += 1;
      expect(saidBy(inOneVisit, read)).toEqual(usual);
    }),
    { numRuns: 800 },
  );
  expect(wrong).toBeGreaterThan(100);
});

test('a rule that skips what is below a node, or all the rest, does so alone, whatever way it is written in', () => {
  const document = parse('{ a { b(x: 1) { c } } d { e } f }');
  const small = buildSchema('type Query { a: Int d: Int f: Int }');
  const visitors: ((seen: string[]) => ASTVisitor)[] = [
    (seen) => ({
      Field: {
        enter({ name }) {
          seen.push(name.value);
          return name.value === 'b' ? false : undefined;
        },
        leave: ({ name }) => void seen.push(`/${name.value}`),
      },
    }),
    (seen) => ({
      Field({ name }) {
        seen.push(name.value);
        return name.value === 'd' ? BREAK : undefined;
      },
      Name: (node) => void seen.push(`name ${node.value}`),
    }),
    (seen) => ({
      enter: (node) => void seen.push(node.kind),
      leave: (node) => (node.kind === Kind.ARGUMENT ? BREAK : undefined),
    }),
  ];
  const seenBy = (wrap: typeof rulesInOneVisit | undefined) => {
    const seen = visitors.map((): string[] => []);
    const rules = visitors.map((visitor, index) => (_context: ValidationContext) => visitor(seen[index]!));
    validate(small, document, wrap ? [wrap(rules)] : rules);
    return seen;
  };
  expect(seenBy(rulesInOneVisit)).toEqual(seenBy(undefined));
  expect(seenBy(rulesInOneVisit)[0]).toEqual(['a', 'b', '/a', 'd', 'e', '/e', '/d', 'f', '/f']);
});
