import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { helm } from '../deployment-tools.ts';
import { root } from './deployment-files.ts';

type Variable = { name: string; value?: string; valueFrom?: { secretKeyRef: { optional?: boolean } } };
type Container = {
  args: string[];
  env: Variable[];
  envFrom: { configMapRef: { name: string } }[];
  ports: { containerPort: number }[];
  lifecycle?: { preStop: { exec: { command: string[] } } };
  securityContext: object;
  volumeMounts?: { name: string; mountPath: string }[];
} & Record<`${'startup' | 'liveness' | 'readiness'}Probe`, { httpGet: object }>;
type PodSpec = {
  containers: [Container];
  terminationGracePeriodSeconds: number;
  securityContext: object;
  volumes?: { name: string; configMap: { name: string; items: { key: string; path: string }[] } }[];
};
type PodTemplate = { metadata: { annotations?: Record<string, string> }; spec: PodSpec };

/** What the chart is rendered to, as far as the tests look at it. */
export type Manifest = {
  kind: string;
  metadata: { name: string; labels: Record<string, string>; annotations?: Record<string, string> };
  data?: Record<string, string>;
  spec: { template: PodTemplate; strategy?: { type: string }; replicas?: number };
};

export const chart = join(root, 'helm/gold-supergraph');

/** What helm prints. @throws Error with what it complains of */
export function runHelm(...args: string[]): string {
  return execFileSync(helm.file, args, { cwd: root, encoding: 'utf8', env: {}, stdio: 'pipe' });
}

/** The manifests of a release named `gold`. @throws Error where the chart refuses the values */
export function renderChart(...args: string[]): Manifest[] {
  return parseAllDocuments(runHelm('template', 'gold', chart, ...args))
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** The manifest that the chart calls `name` after the name of the release. */
export function findManifest(manifests: readonly Manifest[], kind: string, name: string): Manifest | undefined {
  return manifests.find(
    (manifest) => manifest.kind === kind && manifest.metadata.name === `gold-gold-supergraph-${name}`,
  );
}
