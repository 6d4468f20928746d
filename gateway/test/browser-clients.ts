import { fileURLToPath } from 'node:url';
import type { ExecutionResult } from 'graphql';
import type { Page } from 'playwright-core';
import { soldItems, type Follower, type RealClient, type Sold } from './real-clients.ts';

const graphqlSseScript = fileURLToPath(new URL('umd/graphql-sse.js', import.meta.resolve('graphql-sse/package.json')));

/** EventSource in a page of the gateway's own origin; it comes back and says what it has seen last by itself. */
export function eventSourceIn(page: Page): RealClient {
  return inPage('EventSource', page, async (url) => {
    const address = `${url}?${new URLSearchParams({ query: soldItems })}`;
    await page.evaluate(`
      const source = new EventSource(${JSON.stringify(address)});
      source.addEventListener('next', ({ data }) => onNext(data));
      source.addEventListener('complete', () => onProblem('complete'));
      globalThis.stop = () => source.close();
    `);
  });
}

/** graphql-sse as browsers run it; see real-clients.ts for how it goes on behind the last event. */
export function graphqlSseIn(page: Page): RealClient {
  return inPage('graphql-sse', page, async (url) => {
    await page.addScriptTag({ path: graphqlSseScript });
    await page.evaluate(`
      const retry = () => new Promise((resolve) => setTimeout(resolve, 20));
      const client = graphqlSse.createClient({ url: ${JSON.stringify(url)}, retryAttempts: 1000, retry });
      const variables = {};
      globalThis.stop = client.subscribe({ query: ${JSON.stringify(soldItems)}, variables }, {
        next(result) {
          variables.after = String(result.data?.itemSold.sequence);
          onNext(JSON.stringify(result));
        },
        error: (error) => onProblem(String(error)),
        complete: () => onProblem('complete'),
      });
    `);
  });
}

/** @param open runs in a page that has `onNext` for the text of a result and `onProblem`, and leaves it a `stop` */
function inPage(name: string, page: Page, open: (url: string) => Promise<void>): RealClient {
  const begin = async (url: string, { sold, problem }: Follower) => {
    await page.goto(new URL('/health/live', url).href);
    await page.exposeFunction('onProblem', problem);
    await page.exposeFunction('onNext', (text: string) => {
      const { data, errors } = JSON.parse(text) as ExecutionResult<Sold>;
      if (data) sold(data);
      else problem(errors);
    });
    await open(url);
  };
  return {
    name,
    follow(url, follower) {
      const begun = begin(url, follower);
      begun.catch(follower.problem);
      return () => void begun.then(() => page.evaluate('stop()')).catch(follower.problem);
    },
  };
}
