import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  buildSchema,
  isLeafType,
  isObjectType,
  getNamedType,
  getNullableType,
  Kind,
  parse,
  print,
  validate,
  visit,
  type FieldNode,
  type SelectionSetNode,
} from 'graphql';
import { canonicalFetch, canonicalSubscription } from './canonical-request.ts';
import { shaped, shapedErrors } from './response-shape.ts';
import { executeImagined } from './test/imagined-graph.ts';
import { randomOf, randomOperation, type RandomOperation } from './test/random-operation.ts';

const schema = buildSchema(`
  scalar Json
  scalar _Any
  union _Entity = Coin | Bar
  enum Side { BUY SELL }
  input Range { from: Int to: Float = 2.5 sides: [Side!] inner: Range extra: Json }
  interface Product { sku: ID! price(side: Side = BUY, range: Range): Price related(first: Int): [Product] maker: Maker }
  interface Weighed implements Product {
    sku: ID! price(side: Side = BUY, range: Range): Price related(first: Int): [Product] maker: Maker grams: Float!
  }
  type Coin implements Product & Weighed {
    sku: ID! price(side: Side = BUY, range: Range): Price related(first: Int): [Product] maker: Maker grams: Float!
    year: Int face: [String!] tags: Json
  }
  type Bar implements Product & Weighed {
    sku: ID! price(side: Side = BUY, range: Range): Price related(first: Int): [Product] maker: Maker grams: Float!
    serial(of: [ID!], note: Json, range: Range): String
  }
  type Voucher implements Product {
    sku: ID! price(side: Side = BUY, range: Range): Price related(first: Int): [Product] maker: Maker code: String
  }
  union Thing = Coin | Voucher | Maker
  type Maker { name: String! about: Thing products: [Product!] }
  type Price { amount: String! side: Side exact(digits: Int = 2): Float history: [[Price]] product: Product }
  type Query { things: [Thing] product(sku: ID = "1"): Product _entities(representations: [_Any!]!): [_Entity]! }
  type Subscription {
    priceUpdated(sku: ID!, range: Range, tags: Json, after: String): Price
    productChanged(of: [Side], after: Int): Product
    anyChanged: Thing
    counted(from: Int): Int
  }
`);
const subscriptions = Object.values(schema.getSubscriptionType()!.getFields());
const entities = schema.getQueryType()!.getFields()._entities!;
const plainFieldsOf = (typeName: string) => {
  const type = schema.getType(typeName);
  const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
  return fields.filter(({ args }) => args.length === 0);
};
const ownFields = (typeName: string) => {
  const fields = plainFieldsOf(typeName);
  const leaves = fields.filter(({ type }) => isLeafType(getNamedType(type)));
  const references = fields.filter(({ type }) => isObjectType(getNullableType(type)));
  return {
    leaves: leaves.map(({ name }) => name),
    references: references.map(({ name, type }) => ({ name, typeName: getNamedType(type).name })),
  };
};
const runs = { numRuns: 300 };

const validOf = (operation: RandomOperation) => {
  fc.pre(validate(schema, parse(operation.text)).length === 0);
  return operation;
};
const subscriptionOf = (next: fc.GeneratorValue) => {
  const random = randomOf(fc, next);
  const field = subscriptions[random(subscriptions.length)]!;
  return validOf(randomOperation(schema, { keyword: 'subscription', field, leaveOut: ['after'] }, random));
};
const isUnsafe = () => false;
const errorsOf = ({
  errors = [],
}: {
  errors?: readonly { message: string; path?: readonly unknown[] | undefined }[];
}) => errors.map(({ message, path }) => `${JSON.stringify(path)} ${message}`).toSorted();

test('the canonical subscription, put into shape, tells exactly what the one that was planned would have told', () => {
  fc.assert(
    fc.property(fc.gen(), fc.nat(), fc.boolean(), (next, seed, fails) => {
      const { text, variables } = subscriptionOf(next);
      const canonical = canonicalSubscription({ operation: text, variables, schema, ownFields, isUnsafe });
      expect(validate(schema, parse(canonical.text))).toEqual([]);
      const planned = executeImagined(schema, text, { variables, seed, fails });
      const event = executeImagined(schema, canonical.text, { seed, fails });
      expect(JSON.stringify(event.data && shaped(event.data, canonical.shape))).toBe(JSON.stringify(planned.data));
      expect(errorsOf({ errors: shapedErrors(event.errors ?? [], canonical.shape, event.data) })).toEqual(
        errorsOf(planned),
      );
    }),
    runs,
  );
});

test('so does a canonical fetch of entities', () => {
  const representations = ['Coin', 'Bar', 'Coin'].map((__typename, index) => ({ __typename, name: `${index}` }));
  fc.assert(
    fc.property(fc.gen(), fc.nat(), fc.boolean(), (next, seed, fails) => {
      const random = randomOf(fc, next);
      const operation = randomOperation(
        schema,
        { keyword: 'query', field: entities, leaveOut: ['representations'] },
        random,
      );
      const text = operation.text.replace(
        /Mine(\(([^{]*)\))? \{ ((\w+: )?_entities)/,
        'Mine($representations: [_Any!]! $2) { $3(representations: $representations)',
      );
      const { variables } = validOf({ text, variables: operation.variables });
      const canonical = canonicalFetch({ operation: text, variables, schema });
      expect(validate(schema, parse(canonical.text))).toEqual([]);
      const planned = executeImagined(schema, text, { variables: { ...variables, representations }, seed, fails });
      const answer = executeImagined(schema, canonical.text, { variables: { representations }, seed, fails });
      expect(JSON.stringify(answer.data && shaped(answer.data, canonical.shape))).toBe(JSON.stringify(planned.data));
      expect(errorsOf({ errors: shapedErrors(answer.errors ?? [], canonical.shape, answer.data) })).toEqual(
        errorsOf(planned),
      );
    }),
    runs,
  );
});

/** The same operation by somebody else: other names, and the other way round. */
function rewritten(text: string): string {
  let names = 0;
  const reversed = (set: SelectionSetNode) => ({ ...set, selections: set.selections.toReversed() });
  const document = visit(parse(text), {
    Field: (field: FieldNode) => ({
      ...field,
      alias: { kind: Kind.NAME, value: `other${(names += 1)}` },
      arguments: field.arguments?.toReversed(),
    }),
    SelectionSet: { leave: reversed },
  });
  return print(document).replaceAll(/\$v(\d)/g, '$theirs$1');
}

test('who writes the same in other words, in another order, shares it', () => {
  fc.assert(
    fc.property(fc.gen(), (next) => {
      const { text, variables } = subscriptionOf(next);
      const theirs = Object.entries(variables).map(([name, value]) => [name.replace('v', 'theirs'), value]);
      const one = canonicalSubscription({ operation: text, variables, schema, ownFields, isUnsafe });
      const other = canonicalSubscription({
        operation: rewritten(text),
        variables: Object.fromEntries(theirs),
        schema,
        ownFields,
        isUnsafe,
      });
      expect(other.text).toBe(one.text);
    }),
    runs,
  );
});
