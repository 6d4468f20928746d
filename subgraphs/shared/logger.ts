import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { correlationId, traceId } from './correlation.ts';

export type { Logger };

/** Names of fields whose values never reach a log, at the top and one level down. */
const secretFields = [
  'authorization',
  'cookie',
  'password',
  'currentPassword',
  'newPassword',
  'secret',
  'gatewaySecret',
  'token',
  'accessToken',
  'refreshToken',
  'quoteToken',
  'totpCode',
  'apiKey',
  'connectionString',
];

/**
 * A logger that writes one JSON object a line: ISO time, level, service, and the correlation id and trace id of
 * the request, event or job under way. Secrets are replaced by `[redacted]`.
 */
export function createLogger(options: { service: string; level: string; to?: DestinationStream }): Logger {
  return pino(
    {
      name: options.service,
      level: options.level,
      base: undefined,
      timestamp: stdTimeFunctions.isoTime,
      mixin: () => {
        const id = correlationId();
        if (!id) return {};
        const trace = traceId();
        return trace ? { correlationId: id, traceId: trace } : { correlationId: id };
      },
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[redacted]',
      },
    },
    options.to ?? destination({ sync: false, minLength: 0 }),
  );
}
