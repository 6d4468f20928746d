/** A value that is pulled back to 0 and shaken: an Ornstein-Uhlenbeck process. */
export type MeanReversion = {
  /** Seconds after which half of a distance is gone. */
  halfLife: number;
  /** Standard deviation in the long run. */
  deviation: number;
};

/** The value `seconds` later; exact for any step, so that a longer pause is as good as many short ones. */
export function revert(value: number, process: MeanReversion, seconds: number, normal: number): number {
  const kept = 2 ** (-seconds / process.halfLife);
  return value * kept + process.deviation * Math.sqrt(1 - kept * kept) * normal;
}
