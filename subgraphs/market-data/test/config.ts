/** Where recordings of real prices are, for tests that play them. */
export function readSharedData(): string | undefined {
  return process.env.GOLD_SHARED_DATA;
}
