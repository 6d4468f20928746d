import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { services } from '../services.ts';
import { watchServices } from '../watch.ts';

const chosen = services.filter(({ name }) => ['gateway', 'order', 'pricing'].includes(name));

describe('npm run dev', () => {
  let root: string;
  let close: () => void;
  let changed: Promise<string[]>;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'watch-'));
    for (const folder of ['gateway', 'subgraphs/order/test', 'subgraphs/shared', 'prisma/order/generated']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    const { promise, resolve } = Promise.withResolvers<string[]>();
    changed = promise;
    close = watchServices({ root, services: chosen, onChange: resolve, quietMs: 20 });
  });
  afterEach(() => {
    close();
    rmSync(root, { recursive: true });
  });

  it.each([
    ['subgraphs/order/resolvers.ts', ['order', 'order-worker']],
    ['prisma/order/schema.prisma', ['order', 'order-worker']],
    ['subgraphs/order/schema.graphql', ['order', 'order-worker', 'gateway']],
    ['gateway/main.ts', ['gateway']],
    ['subgraphs/shared/money.ts', ['order', 'order-worker', 'pricing', 'pricing-worker', 'gateway']],
  ])('restarts after a change of %s: %s', async (file, processes) => {
    writeFileSync(join(root, file), '');
    expect((await changed).sort()).toEqual([...processes].sort());
  });

  it('restarts nothing for generated files and tests', async () => {
    writeFileSync(join(root, 'prisma/order/generated/client.ts'), '');
    writeFileSync(join(root, 'subgraphs/order/test/orders.test.ts'), '');
    // Reported in the order of the changes: had the two counted, order would be named as well.
    writeFileSync(join(root, 'gateway/main.ts'), '');
    expect(await changed).toEqual(['gateway']);
  });

  it('takes all files of one save together', async () => {
    for (const file of ['gateway/main.ts', 'subgraphs/order/main.ts']) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), '');
    }
    expect((await changed).sort()).toEqual(['gateway', 'order', 'order-worker']);
  });
});
