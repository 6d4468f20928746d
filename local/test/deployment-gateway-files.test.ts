import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { helm, isFetched } from '../deployment-tools.ts';
import { loadConfig, processes, readText } from './deployment-files.ts';
import { describeWith } from './deployment-tool-tests.ts';
import { findManifest, renderChart, type Manifest } from './rendered-chart.ts';

const gateway = processes.find(({ name }) => name === 'gateway')!;
const supergraph = { path: '/etc/gold-supergraph/supergraph/supergraph.graphql', setting: 'SUPERGRAPH_FILE' };
const documents = {
  path: '/etc/gold-supergraph/trusted-documents/trusted-documents.json',
  setting: 'TRUSTED_DOCUMENTS_FILE',
};
const existing = [
  '--set',
  'gatewayFiles.supergraph.configMap.name=schema,gatewayFiles.supergraph.configMap.key=new.graphql',
  '--set',
  'gatewayFiles.trustedDocuments.configMap.name=shop,gatewayFiles.trustedDocuments.configMap.key=a.json',
];

describeWith(helm)('a file of the gateway', () => {
  const own = isFetched(helm) ? renderChart() : [];
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-files-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const given = (name: 'supergraph' | 'trustedDocuments', text: string) => {
    const file = join(folder, `${name}.txt`);
    writeFileSync(file, text);
    return ['--set-file', `gatewayFiles.${name}.text=${file}`];
  };
  const podOf = (manifests: Manifest[]) => findManifest(manifests, 'Deployment', 'gateway')!.spec.template;
  const settingsOf = (manifests: Manifest[]) => findManifest(manifests, 'ConfigMap', 'gateway')!.data!;

  test('that is not given is neither mounted nor set', () => {
    const pods = own.filter(({ kind }) => kind === 'Deployment' || kind === 'Job');
    expect(pods.length).toBeGreaterThan(processes.length);
    for (const { spec } of pods) {
      expect(spec.template.spec).not.toHaveProperty('volumes');
      expect(spec.template.spec.containers[0]).not.toHaveProperty('volumeMounts');
    }
    expect(settingsOf(own)).toMatchObject({ [supergraph.setting]: '', [documents.setting]: '' });
    // Values of a release that is older than these, as `helm upgrade --reuse-values` takes them.
    expect(renderChart('--set', 'gatewayFiles=null')).toEqual(own);
  });

  test('changes nothing but the volume, its mount and its setting', () => {
    const manifests = renderChart(...existing);
    const { metadata, spec } = podOf(manifests);
    const checksum = 'checksum/env';
    expect(metadata.annotations?.[checksum]).not.toBe(podOf(own).metadata.annotations?.[checksum]);
    metadata.annotations![checksum] = podOf(own).metadata.annotations![checksum]!;
    delete spec.volumes;
    delete spec.containers[0].volumeMounts;
    Object.assign(settingsOf(manifests), { [supergraph.setting]: '', [documents.setting]: '' });
    expect(manifests).toEqual(own);
  });

  test('is read out of a ConfigMap that is there, by its key', async () => {
    const manifests = renderChart(...existing);
    const { volumes, containers } = podOf(manifests).spec;
    expect(volumes).toEqual([
      {
        name: 'supergraph',
        configMap: { name: 'schema', items: [{ key: 'new.graphql', path: 'supergraph.graphql' }] },
      },
      {
        name: 'trusted-documents',
        configMap: { name: 'shop', items: [{ key: 'a.json', path: 'trusted-documents.json' }] },
      },
    ]);
    // A directory: a file that is mounted by subPath is not changed any more.
    expect(containers[0].volumeMounts).toEqual([
      { name: 'supergraph', mountPath: '/etc/gold-supergraph/supergraph', readOnly: true },
      { name: 'trusted-documents', mountPath: '/etc/gold-supergraph/trusted-documents', readOnly: true },
    ]);
    const { readConfig } = await loadConfig(gateway);
    const secrets = { GATEWAY_SECRET: 'x'.repeat(32), REDIS_URL: 'rediss://redis:6379' };
    const config = readConfig({ ...settingsOf(manifests), ...secrets });
    expect(config).toMatchObject({
      [supergraph.setting]: supergraph.path,
      [documents.setting]: documents.path,
      SUPERGRAPH_POLL_MS: 5_000,
    });
  });

  test('may be given without the other', () => {
    const manifests = renderChart(...given('trustedDocuments', '{}'));
    expect(podOf(manifests).spec.volumes?.map(({ name }) => name)).toEqual(['trusted-documents']);
    expect(settingsOf(manifests)).toMatchObject({ [supergraph.setting]: '', [documents.setting]: documents.path });
  });

  test.each([
    ['the supergraph', readText('gateway/supergraph.graphql')],
    ['text that begins and ends with space', '\n  {{ .Values }} "a": \'b\', # c\n\n\tд — 𝄞\r\n \n\n'],
    ['one line', '{"format":"apollo-persisted-query-manifest","version":1,"operations":[]}'],
    ['what YAML takes for something else', '1'],
  ])('stands as it was given in a ConfigMap of the chart: %s', (_, text) => {
    const manifests = renderChart(...given('supergraph', text));
    expect(findManifest(manifests, 'ConfigMap', 'gateway-supergraph')?.data).toEqual({ 'supergraph.graphql': text });
    expect(podOf(manifests).spec.volumes?.[0]?.configMap).toEqual({
      name: 'gold-gold-supergraph-gateway-supergraph',
      items: [{ key: 'supergraph.graphql', path: 'supergraph.graphql' }],
    });
  });

  test('that is changed is taken by the pods that run', () => {
    const before = renderChart(...given('supergraph', 'type Query { a: Int }'));
    const after = renderChart(...given('supergraph', 'type Query { b: Int }'));
    expect(after).not.toEqual(before);
    expect(podOf(after)).toEqual(podOf(before));
  });

  test.each([
    [
      'no key',
      'gatewayFiles.supergraph.configMap.name=a',
      "'/gatewayFiles/supergraph/configMap': missing property 'key'",
    ],
    ['no name', 'gatewayFiles.supergraph.configMap.key=a', "missing property 'name'"],
    [
      'a path as a key',
      'gatewayFiles.supergraph.configMap.name=a,gatewayFiles.supergraph.configMap.key=a/b',
      "'/gatewayFiles/supergraph/configMap/key': 'a/b' does not match",
    ],
    ['an empty text', 'gatewayFiles.trustedDocuments.text=', "'/gatewayFiles/trustedDocuments/text': minLength"],
    [
      'an unknown file',
      'gatewayFiles.documents.text=a',
      "'/gatewayFiles': additional properties 'documents' not allowed",
    ],
    [
      'both a ConfigMap and a text',
      'gatewayFiles.supergraph.text=a,gatewayFiles.supergraph.configMap.name=a,gatewayFiles.supergraph.configMap.key=a',
      'gatewayFiles.supergraph has configMap and text: give the one or the other',
    ],
    [
      'a setting that names another file',
      'gatewayFiles.trustedDocuments.text=a,services.gateway.env.TRUSTED_DOCUMENTS_FILE=b',
      'gatewayFiles.trustedDocuments is given, and TRUSTED_DOCUMENTS_FILE names another file',
    ],
  ])('is refused with %s', (_, values, message) => {
    expect(() => renderChart('--set', values)).toThrow(message);
  });

  test('is refused with more than a ConfigMap holds', () => {
    const render = () => renderChart(...given('supergraph', 'ä'.repeat(524_288) + '.'));
    expect(render).toThrow('gatewayFiles.supergraph.text has 1048577 bytes, and a ConfigMap holds at most 1048576');
  });
});
