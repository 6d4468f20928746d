/** How far two prices are apart, in basis points of the second. */
export function distanceBps(price: number, from: number): number {
  return (Math.abs(price - from) / from) * 10_000;
}
