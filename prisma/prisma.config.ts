import { join } from 'node:path';
import { defineConfig } from 'prisma/config';

// For Prisma's own CLI, on machines where it can download its engine: SERVICE=order npx prisma migrate status
// --config prisma/prisma.config.ts. The scripts of this repository (npm run migrate, npm run generate) do without it.
const service = process.env.SERVICE;
if (!service) throw new Error('Set SERVICE to the name of a folder of prisma/, such as SERVICE=order.');
const url = process.env[`${service.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`];

export default defineConfig({
  schema: join(import.meta.dirname, service, 'schema.prisma'),
  migrations: { path: join(import.meta.dirname, service, 'migrations') },
  ...(url ? { datasource: { url } } : {}),
});
