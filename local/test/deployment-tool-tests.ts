import { describe } from '@jest/globals';
import { isFetched } from '../deployment-tools.ts';
import type { DeploymentTool } from '../deployment-tools.ts';

/** `describe`, or `describe.skip` with a word about it, where the tool was not fetched. */
export function describeWith(tool: DeploymentTool): typeof describe.skip {
  if (isFetched(tool)) return describe;
  console.warn(`SKIPPED: ${tool.name} is not there (node local/bootstrap.mjs local/fetch-deployment-tools.ts)`);
  return describe.skip;
}
