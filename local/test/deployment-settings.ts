import { expect } from '@jest/globals';
import { z } from 'zod';
import type { ServiceConfig } from './deployment-files.ts';

/** Settings that a deployment gives another value than the default of the config.ts that reads them: what connects it. */
const itsOwn = /^(NODE_ENV|HOST|PORT|ROLE|EXPLORER|\w+_URL)$/;

/** Whether a variable of that name is to be seen by nobody. */
export function isSecret(name: string): boolean {
  return /(SECRET|PASSWORD|TOKEN|(SIGNING|PRIVATE|GOLDAPI|METALS_DEV|METALPRICEAPI|NAVASAN)_KEY|AUTHORIZATION|_SID)$/.test(
    name,
  );
}

/** How the variables of a service begin: MARKET_DATA for market-data. */
export function variableOf(service: string): string {
  return service.toUpperCase().replaceAll('-', '_');
}

/** Every setting is given once, and nothing is given that nobody reads. */
export function expectComplete(settings: string[], given: string[]): void {
  expect({
    notGiven: settings.filter((name) => !given.includes(name)),
    givenAndReadByNobody: given.filter((name) => !settings.includes(name)),
    givenTwice: given.filter((name, index) => given.indexOf(name) !== index),
  }).toEqual({ notGiven: [], givenAndReadByNobody: [], givenTwice: [] });
}

/**
 * What is given is the default of config.ts, so that the two do not drift apart; empty where there is none.
 * @param given variables in plain text, as the process is told them where nobody says otherwise
 */
export function expectDefaults(settings: ServiceConfig['settings'], given: Record<string, string>): void {
  const compared = Object.entries(given).filter(([name]) => name in settings && !itsOwn.test(name) && !isSecret(name));
  expect(compared.length).toBeGreaterThan(0);
  expect(Object.fromEntries(compared)).toEqual(
    Object.fromEntries(compared.map(([name]) => [name, defaultOf(settings[name] as z.ZodType)])),
  );
}

function defaultOf(type: z.ZodType): string {
  const schema = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' });
  return schema.default === undefined ? '' : String(schema.default);
}
