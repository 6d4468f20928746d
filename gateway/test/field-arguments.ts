/**
 * What required arguments are given where every field is asked for. @param known ids that exist, where there is somebody
 * whose they are
 */
export function argumentsOfFields(known: { orderId?: string; quoteId?: string } = {}): Record<string, string> {
  const nobodys = '0198a4a0-0000-7000-8000-000000000000';
  return {
    'Query.order.id': `"${known.orderId ?? nobodys}"`,
    'Query.quote.id': `"${known.quoteId ?? nobodys}"`,
    sku: '"BAR-1OZ"',
    symbol: '"XAU-USD"',
    first: '5',
    quantity: '1',
    at: '"2020-01-01T00:00:00Z"',
  };
}
