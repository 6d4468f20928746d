/** What a subgraph says of how long the answer to a query may be kept: its `Cache-Control` header. */
export async function cacheControlOf(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<string | null> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { errors } = (await response.json()) as { errors?: { message: string }[] };
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '));
  return response.headers.get('cache-control');
}
