import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from 'cors';
import { correlationHeader } from '#shared/correlation.ts';

export type CorsPolicy = {
  /** Sets the headers of an answer; tells whether the request was a preflight, which is then answered. */
  apply(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
};

const localhost = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/**
 * Which browser applications of other origins may ask (the Fetch standard's CORS protocol). No cookies are used, so
 * credentials are never allowed.
 * @param options.origins exact origins, or `*` for all
 */
export function createCorsPolicy(options: { origins: string[]; allowLocalhost: boolean }): CorsPolicy {
  const isAllowed = (origin: string) =>
    options.origins.includes('*') ||
    options.origins.includes(origin) ||
    (options.allowLocalhost && localhost.test(origin));
  const handle = cors<IncomingMessage>({
    origin: (origin, done) => done(null, origin !== undefined && isAllowed(origin)),
    methods: ['GET', 'POST'],
    exposedHeaders: [correlationHeader],
    maxAge: 600,
  });
  return {
    apply: (request, response) =>
      new Promise((resolve, reject) => {
        response.once('finish', () => resolve(true));
        handle(request, response, (error?: unknown) => (error ? reject(error) : resolve(false)));
      }),
  };
}
