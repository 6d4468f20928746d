import { readFileSync } from 'node:fs';
import { Supergraph } from '@apollo/federation-internals';
import { expect, test } from '@jest/globals';
import { getNamedType, isAbstractType, isInterfaceType, isObjectType, type GraphQLNamedType } from 'graphql';
import { readSupergraph } from '../supergraph/security-features.ts';
import { createStreamRules } from '../supergraph/stream-rules.ts';

const sdl = readFileSync(new URL('../supergraph.graphql', import.meta.url), 'utf8');
const schema = Supergraph.build(readSupergraph(sdl).servedSdl).apiSchema().toGraphQLJSSchema();
const rules = createStreamRules(sdl);

/**
 * Everything that is answered alike to everybody, by type: streams and caches share it between callers. A field that is
 * new comes here or is marked `@personal` in its subgraph's schema: ask whether its resolver, or anything that it calls,
 * looks at the caller, and be it only to refuse.
 */
const sameForEverybody = {
  Query: 'instruments instrument products product',
  Subscription: 'priceUpdated candleUpdated marketStatusChanged productPriceUpdated',
  Instrument: 'symbol name metal currency marketStatus price change candles priceAt products',
  SpotPrice: 'instrument sequence bid ask mid spreadBps currency time receivedAt ageMs isStale quality sources convert',
  ConvertedPrice: 'bid ask mid unit fineness currency',
  PriceSource: 'name symbol bid ask time basisBps',
  PriceChange: 'amount percent since',
  HistoricalPrice: 'sequence bid ask mid time',
  MarketStatus: 'state reason nextChangeAt',
  Candle: 'openTime closeTime basis open high low close tickCount isClosed',
  CandleConnection: 'nodes pageInfo',
  PageInfo: 'hasNextPage endCursor',
  Product: 'sku name description kind metal mint fineness grossWeight fineWeight diameterMm instrument stock price',
  ProductConnection: 'nodes pageInfo totalCount',
  StockLevel: 'available',
  Weight: 'value unit grams',
  ProductPrice: 'product side quantity unitPrice total premiumPercent instrument sequence asOf lines',
  PriceLine: 'stage label amount ruleCode ruleVersion',
  Money: 'amount currency',
};

/** The fields that anybody can come to without passing one that is personal, by type. */
function publicFields(): Record<string, string> {
  const found = new Map<string, string[]>();
  const visit = (type: GraphQLNamedType | null | undefined): void => {
    if (isAbstractType(type)) schema.getPossibleTypes(type).forEach(visit);
    if ((!isObjectType(type) && !isInterfaceType(type)) || found.has(type.name)) return;
    const fields = Object.values(type.getFields()).filter(({ name }) => !rules.isPersonalField(type.name, name));
    found.set(
      type.name,
      fields.map(({ name }) => name),
    );
    for (const field of fields) visit(getNamedType(field.type));
  };
  visit(schema.getQueryType());
  visit(schema.getSubscriptionType());
  return Object.fromEntries([...found].map(([type, fields]) => [type, fields.join(' ')]));
}

const subscriptions = Object.keys(schema.getSubscriptionType()!.getFields());

test('a field is the same for everybody only where that was decided', () => {
  expect(publicFields()).toEqual(sameForEverybody);
});

test('orders and inboxes are watched by their owner alone, and slow clients get each of their events', () => {
  expect(subscriptions.filter((name) => rules.isPersonalField('Subscription', name)).toSorted()).toEqual([
    'inboxChanged',
    'orderUpdated',
  ]);
  expect(subscriptions.filter((name) => !rules.isConflatable(name)).toSorted()).toEqual([
    'inboxChanged',
    'orderUpdated',
  ]);
});

test('no mark can be asked for: clients read of them in the descriptions', () => {
  expect(schema.getDirectives().map(({ name }) => name)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/personal|conflatable|cacheControl/)]),
  );
});
