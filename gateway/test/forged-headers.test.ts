import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { createGraphqlClient } from '#shared/testing/graphql-client.ts';
import { startKeyServer, type KeyServer } from '#shared/testing/key-server.ts';
import { readConfig } from '../config.ts';
import { wire } from '../wiring.ts';
import { recordingSdl, startRecordingSubgraph } from './recording-subgraph.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

/** What somebody sends who hopes that it is believed, or that it goes where it was not meant to. */
const forged = {
  'x-user-id': 'forged',
  'x-user': 'forged',
  'x-roles': 'forged ADMIN',
  'x-user-roles': 'forged ADMIN',
  'x-session-id': 'forged',
  'x-auth-request-user': 'forged',
  'x-forwarded-user': 'forged',
  'x-forwarded-email': 'forged',
  'x-forwarded-for': 'forged',
  'x-real-ip': 'forged',
  forwarded: 'for=forged',
  'x-gateway-secret': 'forged secret of more than thirty-two characters',
  'x-tick': 'FORGED@1',
  'x-timeout-ms': '123456',
  'x-apollo-operation-name': 'forged',
  'x-http-method-override': 'forged',
  cookie: 'user=forged',
  'proxy-authorization': 'Basic forged',
};
/** What the gateway sends of its own, and what it passes on because it has checked it or because nothing follows from it. */
const ours = [
  'host connection content-type content-length accept transfer-encoding',
  'authorization user-agent x-correlation-id x-gateway-secret x-timeout-ms traceparent tracestate',
  'upgrade sec-websocket-version sec-websocket-key sec-websocket-protocol sec-websocket-extensions',
].flatMap((names) => names.split(' '));
const secrets = ['the secret that this gateway sends now', 'the secret that it is going to send later'];

describe('what a client says of itself', () => {
  let folder: string;
  let keys: KeyServer;
  let subgraph: Awaited<ReturnType<typeof startRecordingSubgraph>>;
  let url: string;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    keys = await startKeyServer();
    subgraph = await startRecordingSubgraph();
    folder = await mkdtemp(join(tmpdir(), 'gold-gateway-'));
    const file = join(folder, 'supergraph.graphql');
    const composed = composeServices([{ name: 'recording', url: subgraph.url, typeDefs: parse(recordingSdl) }]);
    await writeFile(file, composed.supergraphSdl!);
    const gateway = await wire(
      readConfig({
        PORT: '0',
        LOG_LEVEL: 'silent',
        SUPERGRAPH_FILE: file,
        GATEWAY_SECRET: secrets.join(),
        AUTH_JWKS_URL: keys.jwksUrl,
        AUTH_ISSUER: keys.issuer,
      }),
    );
    url = `http://127.0.0.1:${await gateway.start()}/graphql`;
    stop = gateway.stop;
  });
  afterAll(async () => {
    await stop();
    await subgraph.close();
    await keys.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    subgraph.headers.length = subgraph.parameters.length = 0;
  });

  function expectNothingForged(): void {
    expect(JSON.stringify([subgraph.headers, subgraph.parameters])).not.toMatch(/forged/i);
    for (const headers of subgraph.headers) {
      expect(ours).toEqual(expect.arrayContaining(Object.keys(headers)));
      if (headers['x-timeout-ms']) expect(Number(headers['x-timeout-ms'])).toBeLessThan(123_456);
    }
    for (const parameters of subgraph.parameters)
      expect(ours).toEqual(expect.arrayContaining(Object.keys(parameters ?? {})));
  }

  test.each(['{ heard }', 'mutation { hear }'])('never reaches a subgraph over HTTP: %s', async (document) => {
    const client = createGraphqlClient(url);
    const plain = await client.request(document);
    expect(await client.request(document, {}, forged)).toEqual(plain);
    expect(await client.request(document, {}, { ...forged, authorization: `Bearer ${keys.sign()}` })).toEqual(plain);
    expect(subgraph.headers.length).toBeGreaterThan(0);
    expectNothingForged();
    await client.close();
  });

  test.each(['subscription { heard }', '{ heard }'])(
    'never reaches a subgraph over WebSocket: %s',
    async (document) => {
      const client = createGraphqlClient(url, {
        socket: {
          connectionParams: { ...forged, headers: forged, userId: 'forged', authorization: `Bearer ${keys.sign()}` },
        },
      });
      expect(await client.subscribe(document).next()).toMatchObject({ data: { heard: 1 } });
      expect(subgraph.headers.length).toBeGreaterThan(0);
      expectNothingForged();
      await client.close();
    },
  );

  test('is replaced by the secret of the gateway, the first where it has two', async () => {
    const client = createGraphqlClient(url, { socket: { connectionParams: forged } });
    await client.request('mutation { hear }', {}, forged);
    await client.subscribe('subscription { heard }').next();
    expect(subgraph.headers[0]).toMatchObject({ 'x-gateway-secret': secrets[0] });
    expect(subgraph.parameters).toMatchObject([{ 'x-gateway-secret': secrets[0] }]);
    await client.close();
  });
});

describe('a field that belongs to somebody', () => {
  let warehouse: Warehouse;
  beforeEach(async () => {
    warehouse = await startWarehouse();
  });
  afterEach(() => warehouse.close());

  const note = 'subscription { itemSold { item { myNote } } }';

  test('is answered by the token alone, whatever stands beside it', async () => {
    warehouse.sell('A');
    const read = async (connectionParams: Record<string, unknown>) => {
      const client = createGraphqlClient(warehouse.url, { socket: { connectionParams } });
      const { data } = (await client.subscribe(note).next()) as { data?: unknown };
      await client.close();
      return data;
    };
    expect(await read(forged)).toEqual({ itemSold: { item: { myNote: null } } });
    const authorization = `Bearer ${warehouse.keys.sign({ sub: 'mary' })}`;
    expect(await read({ ...forged, authorization })).toEqual({ itemSold: { item: { myNote: 'mary on A' } } });
  });
});
