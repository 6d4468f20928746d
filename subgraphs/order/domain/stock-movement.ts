/** Pieces that a movement adds to each part of a stock level, or takes away when negative. */
export type StockChange = { onHand: number; reserved: number; allocated: number };

/** What one piece of each kind of movement changes. */
const perPiece = {
  /** Goods that came in. */
  RECEIPT: { onHand: 1, reserved: 0, allocated: 0 },
  /** A count; the number of pieces is signed. */
  ADJUSTMENT: { onHand: 1, reserved: 0, allocated: 0 },
  /** An order was placed. */
  RESERVE: { onHand: 0, reserved: 1, allocated: 0 },
  /** It was not paid. */
  RESERVATION_RELEASE: { onHand: 0, reserved: -1, allocated: 0 },
  /** It was paid. */
  ALLOCATE: { onHand: 0, reserved: -1, allocated: 1 },
  /** It is refunded before it was handed over. */
  ALLOCATION_RELEASE: { onHand: 0, reserved: 0, allocated: -1 },
  /** It was handed over. */
  SALE: { onHand: -1, reserved: 0, allocated: -1 },
  /** It came back and was inspected. */
  RETURN: { onHand: 1, reserved: 0, allocated: 0 },
} as const satisfies Record<string, StockChange>;

export type MovementKind = keyof typeof perPiece;

/** What so many pieces change. */
export function stockChange(kind: MovementKind, pieces: number): StockChange {
  const { onHand, reserved, allocated } = perPiece[kind];
  // `+ 0` turns the -0 of a product with zero into 0.
  return { onHand: onHand * pieces + 0, reserved: reserved * pieces + 0, allocated: allocated * pieces + 0 };
}
