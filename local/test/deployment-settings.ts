import { expect } from '@jest/globals';
import type { LeftAtDefault } from './deployment-defaults.ts';
import type { ServiceProcess } from '../services.ts';

/** Whether a variable of that name is to be seen by nobody. */
export function isSecret(name: string): boolean {
  return /(SECRET|PASSWORD|TOKEN|SIGNING_KEY|PRIVATE_KEY|_SID)$/.test(name);
}

/** How the variables of a service begin: MARKET_DATA for market-data. */
export function variableOf(service: string): string {
  return service.toUpperCase().replaceAll('-', '_');
}

/** Every setting is given or deliberately left alone, nothing is given that nobody reads, and no excuse is outdated. */
export function expectComplete(
  settings: string[],
  given: string[],
  defaults: LeftAtDefault[],
  process: ServiceProcess,
): void {
  const own = defaults.flatMap((left) => Object.keys(left[process.service.name] ?? {}));
  const everywhere = defaults.flatMap((left) => Object.keys(left['every process'] ?? {}));
  expect({
    neitherGivenNorLeftAtDefault: settings.filter((name) => ![...given, ...own, ...everywhere].includes(name)),
    givenAndReadByNobody: given.filter((name) => !settings.includes(name)),
    givenTwice: given.filter((name, index) => given.indexOf(name) !== index),
    leftAtDefaultAndGiven: [...own, ...everywhere].filter((name) => given.includes(name)),
    leftAtDefaultAndReadByNobody: own.filter((name) => !settings.includes(name)),
  }).toEqual({
    neitherGivenNorLeftAtDefault: [],
    givenAndReadByNobody: [],
    givenTwice: [],
    leftAtDefaultAndGiven: [],
    leftAtDefaultAndReadByNobody: [],
  });
}
