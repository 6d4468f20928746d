import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { PrismaClient } from '#prisma/order/generated/client.ts';
import { databaseOptions } from '#shared/database.ts';
import { decimal } from '#shared/decimal.ts';
import { createQuoteSigner, publicKeyOf, type QuoteTerms } from '#shared/quote-token.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { startKeyServer } from '#shared/testing/key-server.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import { createCatalogueService, type CatalogueService } from '../catalogue-service.ts';
import { readConfig } from '../config.ts';
import type { Product } from '../domain/product.ts';
import { createOrderService, type OrderService } from '../order-service.ts';
import { wireServer } from '../wiring.ts';

/** Somebody signed in, with a client that carries the token. */
export type Person = { id: string; client: GraphqlClient; authorization: string };

/** A running order server with a database of its own and a clock that the test sets. */
export type OrderFixture = {
  url: string;
  /** Not signed in. */
  client: GraphqlClient;
  database: PrismaClient;
  databaseUrl: string;
  catalogue: CatalogueService;
  /** What the worker lets orders expire with. */
  orders: OrderService;
  clock: { now: number };
  /** What the fixture's processes are configured with, to start another one. */
  environment: Record<string, string>;
  signIn(role?: 'CUSTOMER' | 'OPERATOR' | 'ADMIN', id?: string): Person;
  /** A token as the pricing service would give it: 2 pieces of BAR-100G for 1000.00 USD, for a minute. */
  quote(customer: Person, values?: Partial<QuoteTerms>): string;
  /** A listed product with so many pieces. */
  stocked(sku: string, onHand: number, safetyStock?: number): Promise<void>;
  stop(): Promise<void>;
};

const keyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signingKey = keyPair.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');

/** Starts a server on a migrated, empty database. */
export async function startOrder(options: { poolSize?: number } = {}): Promise<OrderFixture> {
  const testDatabase = await createTestDatabase('order');
  const database = new PrismaClient(databaseOptions({ url: testDatabase.url, poolSize: 2 }));
  const keys = await startKeyServer();
  const clock = { now: Date.parse('2026-11-20T10:00:00Z') };
  const environment = {
    ORDER_DATABASE_URL: testDatabase.url,
    AUTH_JWKS_URL: keys.jwksUrl,
    AUTH_ISSUER: keys.issuer,
    QUOTE_VERIFICATION_KEYS: publicKeyOf(signingKey),
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_POOL_SIZE: String(options.poolSize ?? 4),
  };
  const server = wireServer(readConfig(environment), () => clock.now);
  const url = `http://127.0.0.1:${await server.start()}/graphql`;
  const client = createGraphqlClient(url);
  const clients = [client];
  const catalogue = createCatalogueService({ database });
  const signer = createQuoteSigner(signingKey);
  return {
    client,
    url,
    database,
    databaseUrl: testDatabase.url,
    catalogue,
    orders: createOrderService({ database, now: () => clock.now }),
    clock,
    environment,
    signIn(role = 'CUSTOMER', id = randomUUID()) {
      const authorization = `Bearer ${keys.sign({ sub: id, roles: [role] })}`;
      const person = createGraphqlClient(url, {
        headers: { authorization },
        socket: { connectionParams: { authorization } },
      });
      clients.push(person);
      return { id, client: person, authorization };
    },
    quote: (customer, values) => signer.sign(aQuote(customer.id, clock.now, values)),
    async stocked(sku, onHand, safetyStock = 0) {
      const firstStock = { onHand, safetyStock };
      await catalogue.changeProduct(aProduct({ sku, name: `Product ${sku}` }), {
        now: new Date(clock.now),
        firstStock,
      });
    },
    async stop() {
      await Promise.all(clients.map((one) => one.close()));
      await server.stop();
      await database.$disconnect();
      await keys.close();
      await testDatabase.drop();
    },
  };
}

/** A quote with sensible values where none are given. */
function aQuote(customerId: string, now: number, values: Partial<QuoteTerms> = {}): QuoteTerms {
  const total = values.total ?? '1000.00';
  return {
    quoteId: randomUUID(),
    customerId,
    sku: 'BAR-100G',
    side: 'BUY',
    quantity: 2,
    currency: 'USD',
    unitPrice: '500.00',
    total,
    lines: [{ stage: 'METAL_VALUE', label: 'Gold', amount: total, ruleCode: null, ruleVersion: null }],
    symbol: 'XAU-USD',
    sequence: 7,
    couponCode: null,
    createdAt: now,
    expiresAt: now + 60_000,
    ...values,
  };
}

/** A product with sensible values where none are given. */
export function aProduct(values: Partial<Product> = {}): Omit<Product, 'version'> {
  return {
    sku: 'BAR-100G',
    name: 'Gold bar 100 g',
    description: 'A bar of fine gold.',
    kind: 'BAR',
    metal: 'XAU',
    currency: 'USD',
    mint: null,
    fineness: decimal('999.9'),
    grossGrams: decimal('100'),
    fineGrams: decimal('99.99'),
    displayUnit: 'GRAM',
    diameterMm: null,
    isListed: true,
    listPosition: 10,
    ...values,
  };
}
