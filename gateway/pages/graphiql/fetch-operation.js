import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { Kind, parse } from 'graphql';

/**
 * GraphiQL's fetcher over one endpoint (an absolute http: or https: URL): queries and mutations by POST, subscriptions
 * by graphql-ws on the same address. Headers typed into GraphiQL go with requests as headers, and into the payload of
 * `connection_init` for subscriptions, which get a connection each.
 */
export function createFetcher(endpoint) {
  const subscriptionEndpoint = new URL(endpoint);
  subscriptionEndpoint.protocol = subscriptionEndpoint.protocol === 'https:' ? 'wss:' : 'ws:';
  const fetchOperation = createGraphiQLFetcher({
    url: new URL(endpoint).href,
    subscriptionUrl: subscriptionEndpoint.href,
    // @apollo/gateway has no @defer, and plain requests may then ask for application/graphql-response+json.
    enableIncrementalDelivery: false,
  });
  return (params, options) => {
    const facts = readOperation(params);
    return fetchOperation(
      { ...params, operationName: facts.operationName },
      { ...options, documentAST: facts.document ?? options?.documentAST },
    );
  };
}

// For a moment after a tab was opened GraphiQL runs its text with the name and the syntax tree of the tab before, so a
// subscription would go out by POST under another operation's name. The text itself is always right.
function readOperation({ query, operationName }) {
  try {
    const document = parse(query);
    const names = document.definitions
      .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
      .map((definition) => definition.name?.value);
    return { document, operationName: names.length === 1 ? names[0] : operationName };
  } catch {
    // Let the server say what is wrong with it.
    return { operationName };
  }
}
