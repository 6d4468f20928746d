import { afterEach, beforeEach } from '@jest/globals';
import type { Feed } from '../feed.ts';
import { startProviderServer, type ProviderServer } from './provider-server.ts';

/**
 * For each test of a file a server of its own, whose clock stands at `now`; it and the feed that the test puts here are
 * gone behind it.
 */
export function useProvider(now: number): { server: ProviderServer; feed: Feed } {
  const bed = {} as { server: ProviderServer; feed: Feed };
  beforeEach(async () => {
    bed.server = await startProviderServer();
    bed.server.state.clock = () => now;
  });
  afterEach(async () => {
    await bed.feed.stop();
    await bed.server.close();
  });
  return bed;
}
