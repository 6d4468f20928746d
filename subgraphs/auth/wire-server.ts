import { developmentPassword } from '#prisma/auth/development-users.ts';
import { databaseCheck } from '#shared/database.ts';
import { createMetrics } from '#shared/metrics.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { processName } from '#shared/service-settings.ts';
import { createSubgraphServer, readSubgraphSchema } from '#shared/subgraph-server.ts';
import { createTokenVerifier } from '#shared/token-verifier.ts';
import { createAccessTokens } from './access-tokens.ts';
import { createAccountService } from './account-service.ts';
import type { Config } from './config.ts';
import { openDatabase, openLogger, rotationTimes } from './connections.ts';
import { createContext } from './context.ts';
import { refuseDevelopmentSignIns } from './development-sign-ins.ts';
import { createKeySealer } from './key-sealer.ts';
import { createKeySetRoute, keySetPath } from './key-set-route.ts';
import { createPasswords } from './passwords.ts';
import { resolvers } from './resolvers.ts';
import { createSessionService } from './session-service.ts';
import { createSignInGuard } from './sign-in-guard.ts';
import { createSigningKeys } from './signing-keys.ts';
import { createUserService } from './user-service.ts';

const dayMs = 86_400_000;

/**
 * The server: GraphQL and the public keys. It listens once there is a key to sign with, and does not touch Redis.
 * @param now tells the time
 */
export function wireServer(config: Config, now: () => Date = () => new Date()): WiredProcess {
  const logger = openLogger(config);
  const database = openDatabase(config);
  const sealer = createKeySealer(config.AUTH_KEY_SECRET);
  const keys = createSigningKeys({ database, sealer, times: rotationTimes(config), now, logger });
  const accessTokens = createAccessTokens({
    keys,
    issuer: config.AUTH_ISSUER,
    lifetimeMs: config.ACCESS_TOKEN_SECONDS * 1_000,
  });
  const lifetimes = {
    refreshMs: config.REFRESH_TOKEN_DAYS * dayMs,
    sessionMaxMs: config.SESSION_MAX_DAYS * dayMs,
    graceMs: config.REFRESH_GRACE_SECONDS * 1_000,
  };
  const sessions = createSessionService({ database, accessTokens, lifetimes, now, logger });
  const passwords = createPasswords();
  const isProduction = config.NODE_ENV === 'production';
  const accounts = createAccountService({
    database,
    sessions,
    passwords,
    guard: createSignInGuard({
      database,
      maxFailures: config.SIGN_IN_MAX_FAILURES,
      windowMs: config.SIGN_IN_WINDOW_MINUTES * 60_000,
      now,
    }),
    // Who could choose it in production could keep the next start from happening.
    refusedPasswords: isProduction ? [developmentPassword] : [],
    now,
  });
  const users = createUserService({ database, sessions, now });
  const server = createSubgraphServer({
    schema: readSubgraphSchema(new URL('schema.graphql', import.meta.url), resolvers),
    config,
    logger,
    metrics: createMetrics(processName('auth', config)),
    checks: { postgresql: databaseCheck(database) },
    // Its own tokens are verified with the keys that it publishes to everybody else.
    verifier: createTokenVerifier({ keys, issuer: config.AUTH_ISSUER }),
    createContext: (base) => createContext(base, { accounts, sessions, users }),
    routes: { [keySetPath]: createKeySetRoute(keys) },
  });
  return {
    logger,
    async start() {
      await keys.start();
      if (isProduction) await refuseDevelopmentSignIns(database, passwords);
      return server.listen();
    },
    async stop() {
      await server.close();
      await keys.close();
      await database.$disconnect();
    },
  };
}
