import { z } from 'zod';

/** The settings of a service: a zod type for each environment variable, with `.describe()` giving meaning and unit. */
export type Settings = z.ZodRawShape;
export type Environment = Record<string, string | undefined>;

/** Thrown with every problem of an environment, one a line. */
export class EnvironmentError extends Error {
  override name = 'EnvironmentError';
}

/**
 * Reads a service's settings from its environment. An empty value counts as unset.
 * @throws EnvironmentError naming every wrong or missing variable at once
 */
export function readEnvironment<T extends Settings>(service: string, settings: T, environment: Environment) {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = z.object(settings).safeParse(given);
  if (result.success) return result.data;
  throw environmentError(
    service,
    result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  );
}

/** The error that names all problems of a service's environment, one a line. */
export function environmentError(service: string, problems: string[]): EnvironmentError {
  return new EnvironmentError([`The environment of ${service} is not usable:`, ...problems].join('\n  '));
}

/** A whole number with bounds, given as text. */
export function wholeNumber({ min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) {
  return z.coerce
    .number({ error: 'must be a whole number' })
    .int('must be a whole number')
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`);
}

/** `true` or `false`, given as text. */
export function flag() {
  return z.enum(['true', 'false'], { error: 'must be true or false' }).transform((value) => value === 'true');
}

/** A URL with one of the given schemes, for example `['redis', 'rediss']`. */
export function urlOf(schemes: string[]) {
  return z
    .string({ error: 'is required' })
    .refine(
      (value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)),
      `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    );
}
