import { createGraphqlClient } from '#shared/testing/graphql-client.ts';

/** Asks as a good client does: what failed for the moment is asked for again, unchanged. */
export type PatientClient = {
  /** @returns the data. @throws Error with the refusal, or when a minute was not enough */
  request<Data>(document: string, variables?: Record<string, unknown>): Promise<Data>;
};

const patienceMs = 60_000;

/** @param authorization the header, for a client that is signed in */
export function createPatientClient(url: string, authorization?: string): PatientClient {
  return {
    async request<Data>(document: string, variables?: Record<string, unknown>): Promise<Data> {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        const client = createGraphqlClient(`${url}/graphql`, { headers: { ...(authorization && { authorization }) } });
        const answer = await client.request<Data>(document, variables).catch(unreachable);
        await client.close();
        const { data, errors } = answer;
        if (!errors) return data as Data;
        if (!errors.every(isForTheMoment) || Date.now() > deadline) throw new Error(JSON.stringify(errors));
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
  };
}

type Refusal = { message: string; extensions?: Record<string, unknown> };

function unreachable(error: unknown): { data?: undefined; errors: Refusal[] } {
  return { errors: [{ message: String(error), extensions: { retryable: true } }] };
}

function isForTheMoment({ extensions }: Refusal): boolean {
  return extensions?.retryable === true;
}
