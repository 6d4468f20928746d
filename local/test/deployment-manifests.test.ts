import { expect, test } from '@jest/globals';
import { Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Job } from 'kubernetes-models/batch/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Secret, Service, ServiceAccount } from 'kubernetes-models/v1';
import { makeContainerSecrets } from '../container-secrets.ts';
import { helm, isFetched } from '../deployment-tools.ts';
import { listChartExamples, loadConfig, processes, readText } from './deployment-files.ts';
import { describeWith } from './deployment-tool-tests.ts';
import { chart, findManifest, renderChart, runHelm } from './rendered-chart.ts';
import type { ServiceProcess } from '../services.ts';

const models: Record<string, new (manifest: never) => { validate(): void }> = {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  Job,
  NetworkPolicy,
  PodDisruptionBudget,
  Secret,
  Service,
  ServiceAccount,
};
const valueFiles = ['helm/gold-supergraph/values.yaml', ...listChartExamples()];

describeWith(helm)('the chart', () => {
  // Also read where the tests are skipped.
  const own = isFetched(helm) ? renderChart() : [];
  const find = (kind: string, name: string, manifests = own) => findManifest(manifests, kind, name);
  const containerOf = ({ name }: ServiceProcess) => find('Deployment', name)!.spec.template.spec.containers[0];

  test.each(valueFiles)('is lint-free with %s', (file) => {
    expect(runHelm('lint', '--strict', chart, '--values', file)).toContain('0 chart(s) failed');
  });

  test.each(valueFiles)('is made of manifests as Kubernetes defines them with %s', (file) => {
    const manifests = renderChart('--values', file, '--set', 'secrets.values.shared.GATEWAY_SECRET=x');
    expect(manifests.length).toBeGreaterThan(30);
    for (const manifest of manifests) {
      const Model = models[manifest.kind];
      if (!Model) throw new Error(`There is no model of ${manifest.kind}`);
      expect(() => new Model(manifest as never).validate()).not.toThrow();
    }
    const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(processes)('starts $name with settings that its config.ts accepts', async (process) => {
    const { readConfig, settings } = await loadConfig(process);
    const { env, envFrom, args, ports } = containerOf(process);
    const secrets: Record<string, string> = {
      ...makeContainerSecrets(),
      REDIS_URL: 'rediss://redis:6379',
      SMTP_URL: 'smtps://mail:465',
      TWILIO_ACCOUNT_SID: 'AC0',
      TWILIO_AUTH_TOKEN: '0',
      TWILIO_FROM: '+15550100',
    };
    const fromSecrets = (name: string) =>
      secrets[name] ?? (name.endsWith('_DATABASE_URL') ? 'postgresql://a:b@c/d' : undefined);
    const variables = env.map(({ name, value }) => [name, value ?? fromSecrets(name)] as const);
    const data = find('ConfigMap', process.service.name)?.data ?? {};
    expect(envFrom).toEqual([{ configMapRef: { name: `gold-gold-supergraph-${process.service.name}` } }]);
    const config = readConfig({ ...data, ...Object.fromEntries(variables) });
    expect(config).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0', PORT: ports[0]?.containerPort });
    if (process.service.name !== 'gateway') expect(config).toMatchObject({ ROLE: process.role });
    expect([...Object.keys(data), ...env.map(({ name }) => name)].filter((name) => !(name in settings))).toEqual([]);
    expect(args).toEqual([process.service.entry]);
  });

  test('names each address by a Service and the port that are there', () => {
    const urls = processes.flatMap(({ service }) => Object.values(find('ConfigMap', service.name)?.data ?? {}));
    for (const url of urls.filter((value) => value.startsWith('http:'))) {
      const { hostname, port } = new URL(url);
      const service = own.find(({ kind, metadata }) => kind === 'Service' && metadata.name === hostname);
      expect(service?.spec).toMatchObject({ ports: [{ port: Number(port), targetPort: 'http' }] });
    }
  });

  test.each(processes)('probes $name where it answers, and gives it time to stop', (process) => {
    const container = containerOf(process);
    expect(container.startupProbe.httpGet).toEqual({ path: '/health/live', port: 'http' });
    expect(container.livenessProbe.httpGet).toEqual({ path: '/health/live', port: 'http' });
    expect(container.readinessProbe.httpGet).toEqual({ path: '/health/ready', port: 'http' });
    const drainSeconds = Number(container.lifecycle?.preStop.exec.command[1] ?? 0);
    const data = find('ConfigMap', process.service.name)?.data ?? {};
    const { terminationGracePeriodSeconds } = find('Deployment', process.name)!.spec.template.spec;
    expect(terminationGracePeriodSeconds).toBeGreaterThan(drainSeconds + Number(data.SHUTDOWN_TIMEOUT_MS) / 1000);
    expect(drainSeconds > 0).toBe(process.role === 'server');
  });

  test('runs nothing as root, with a writable root or with capabilities', () => {
    const pods = own.filter(({ kind }) => kind === 'Deployment' || kind === 'Job');
    expect(pods.length).toBeGreaterThan(processes.length);
    for (const { spec } of pods) {
      const pod = spec.template.spec;
      expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(pod.containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  test('keeps an ingester through an upgrade, and one that stands by', () => {
    expect(find('Deployment', 'market-data-worker')?.spec).toMatchObject({
      replicas: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } },
    });
  });

  test('migrates each database before the processes of an installation or upgrade start', () => {
    for (const { service } of processes) {
      if (!service.databaseVariable) continue;
      const job = find('Job', `migrate-${service.name}`);
      expect(job?.metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade');
      const { args, env } = job!.spec.template.spec.containers[0];
      expect(args.slice(0, 2)).toEqual(['prisma/migrate.ts', service.name]);
      expect(env.map(({ name }) => name)).toEqual([service.databaseVariable]);
    }
  });

  test('makes no secret unless it is told to, and then before the migrations', () => {
    expect(own.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const made = renderChart('--set', 'secrets.create=true,secrets.values.auth.AUTH_KEY_SECRET=x');
    const weight = (kind: string) =>
      Number(find(kind, kind === 'Job' ? 'migrate-auth' : 'auth', made)?.metadata.annotations?.['helm.sh/hook-weight']);
    expect(weight('Secret')).toBeLessThan(weight('Job'));
  });

  test('lets subgraphs be reached by the gateway only, the keys of auth by every process, and workers by nobody', () => {
    const from = (name: string) => JSON.stringify(find('NetworkPolicy', name)?.spec);
    for (const { service, role } of processes) {
      if (role === 'worker' || service.name === 'gateway') continue;
      const peers = /"from":\[(\{"podSelector":.*?\})\]/.exec(from(service.name))?.[1] ?? '';
      expect(peers.includes('"app.kubernetes.io/component":"gateway"')).toBe(service.name !== 'auth');
      expect(peers).toContain('"app.kubernetes.io/instance":"gold"');
    }
    expect(from('background')).toContain('"values":["worker","migration"]');
    expect(from('background')).toContain('"ingress":[]');
  });

  test('sends neither metrics nor health through the ingress, and lets its sockets live', () => {
    const manifests = renderChart('--values', 'helm/gold-supergraph/examples/public.yaml');
    const ingress = manifests.find(({ kind }) => kind === 'Ingress');
    expect(JSON.stringify(ingress?.spec).match(/"path":"[^"]*"/g)).toEqual(['"path":"/graphql"']);
    const timeout = Number(ingress?.metadata.annotations?.['nginx.ingress.kubernetes.io/proxy-read-timeout']);
    expect(timeout).toBeGreaterThanOrEqual(3_600);
  });

  test('refuses an ingress behind which all clients would be one', () => {
    const exposed = ['--set', 'ingress.enabled=true,ingress.host=api.gold.example'];
    expect(() => renderChart(...exposed)).toThrow('TRUSTED_PROXIES');
    const trusting = renderChart(...exposed, '--set-string', 'services.gateway.env.TRUSTED_PROXIES=1');
    expect(trusting.some(({ kind }) => kind === 'Ingress')).toBe(true);
  });

  test('has the version of package.json', () => {
    const { version } = JSON.parse(readText('package.json')) as { version: string };
    expect(readText('helm/gold-supergraph/Chart.yaml')).toContain(`\nappVersion: ${version}\n`);
  });
});
