/** What the gateway tells of an order where its value is asked for. */
export type OrderReference = {
  id: string;
  total?: { currency: string };
  lines?: OrderLineReference[];
};

export type OrderLineReference = { product: { sku: string }; quantity: number };
