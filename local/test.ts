import { readSettings } from './config.ts';
import { runInForeground } from './foreground.ts';
import { generate } from './generate.ts';
import { describeRedis } from './redis.ts';
import { runScript } from './script.ts';
import { startTemporaryServers } from './temporary-servers.ts';

// Runs Jest with a PostgreSQL and a Redis of its own; arguments are Jest's: npm test -- pricing
runScript(async (onEnd) => {
  const settings = readSettings();
  await generate();
  const { postgresUrl, redis } = await startTemporaryServers(settings, onEnd);
  console.log(`Testing with ${settings.testDatabaseUrl ? 'TEST_DATABASE_URL' : 'an embedded PostgreSQL'}`);
  console.log(`Testing with Redis at ${describeRedis(redis)}`);
  if (redis.kind === 'js-redis-server') {
    console.log('!!! There is no redis-server on the PATH: tests that need a real Redis are SKIPPED !!!');
  }
  const { environment } = settings;
  return await runInForeground({
    args: ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', ...process.argv.slice(2)],
    cwd: settings.root,
    environment: {
      ...environment,
      NODE_ENV: 'test',
      // For Jest's worker processes, which do not have our arguments.
      NODE_OPTIONS: `${environment.NODE_OPTIONS ?? ''} --disable-warning=ExperimentalWarning`.trim(),
      TEST_POSTGRES_URL: postgresUrl,
      TEST_REDIS_URL: redis.url,
      TEST_REDIS_KIND: redis.kind,
    },
    onEnd,
  });
});
