import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, type OperationDefinitionNode } from 'graphql';
import { readManifest } from '../../gateway/security/trusted-documents/manifest.ts';
import { restOperationOf } from '../../gateway/rest/rest-operation.ts';
import { readApiSchema } from '../../gateway/supergraph/api-schema.ts';
import { parseSettings } from '../config.ts';
import { renderContractManifest } from '../contract-manifest.ts';
import { contractManifestFile } from '../generation-steps.ts';
import { processEnvironment, type Addresses } from '../process-environment.ts';
import { listProcesses, services } from '../services.ts';
import { readText, root } from './deployment-files.ts';

const served = ['accounts', 'market-data', 'notifications', 'orders', 'products-and-quotes'].flatMap((name) =>
  parse(readText(`gateway/contract/served/${name}.graphql`)).definitions.filter(
    (definition): definition is OperationDefinitionNode => definition.kind === 'OperationDefinition',
  ),
);

describe('the manifest of the contract', () => {
  it('has every operation that clients send, and no other', async () => {
    const names = readManifest(await renderContractManifest(root)).map(({ name }) => name);
    expect(names.toSorted()).toEqual(served.map(({ name }) => name!.value).toSorted());
  });

  it('makes each of them reachable by REST that is no subscription', async () => {
    const { schema } = readApiSchema(readText('gateway/supergraph.graphql'));
    const documents = readManifest(await renderContractManifest(root));
    const reachable = documents.filter((document) => restOperationOf(schema, document));
    const asked = served.filter(({ operation }) => operation !== 'subscription');
    expect(reachable.map(({ name }) => name).toSorted()).toEqual(asked.map(({ name }) => name!.value).toSorted());
  });

  it('is what was generated last', async () => {
    expect(readFileSync(join(root, contractManifestFile), 'utf8')).toBe(await renderContractManifest(root));
  });
});

describe('npm start', () => {
  const addresses: Addresses = { databaseUrlOf: () => '', redisUrl: '', smtpUrl: '', secrets: {} };
  const manifestsWith = (environment: NodeJS.ProcessEnv) => {
    const options = { settings: parseSettings(environment, services), services, addresses };
    return Object.fromEntries(
      listProcesses(services).map((process) => [
        process.name,
        processEnvironment(process, options).TRUSTED_DOCUMENTS_FILE,
      ]),
    );
  };

  it("serves the contract's operations by REST", () => {
    const { gateway, ...others } = manifestsWith({});
    expect(gateway).toBe(join(root, contractManifestFile));
    expect(Object.values(others).filter(Boolean)).toEqual([]);
  });

  it('serves the documents of another manifest where one is named', () => {
    expect(manifestsWith({ TRUSTED_DOCUMENTS_FILE: 'mine.json' })).toMatchObject({ gateway: 'mine.json' });
  });
});
