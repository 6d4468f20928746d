/** A source of pseudo-random numbers whose whole state is its argument, so that a path can be repeated. */
export type RandomState = number;

/**
 * The next uniform number in [0, 1) and the state behind it: mulberry32, 32 bits of state. Good enough to play a market
 * with, and for nothing that must not be guessed.
 */
export function nextUniform(state: RandomState): [value: number, state: RandomState] {
  const next = (state + 0x6d2b79f5) >>> 0;
  let bits = Math.imul(next ^ (next >>> 15), next | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return [((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32, next];
}

/** `count` independent standard normal numbers (Box and Muller) and the state behind them. */
export function nextNormals(state: RandomState, count: number): [values: number[], state: RandomState] {
  const values: number[] = [];
  let [current, radius, angle] = [state, 0, 0];
  while (values.length < count) {
    [radius, current] = nextUniform(current);
    [angle, current] = nextUniform(current);
    const length = Math.sqrt(-2 * Math.log(1 - radius));
    values.push(length * Math.cos(2 * Math.PI * angle), length * Math.sin(2 * Math.PI * angle));
  }
  return [values.slice(0, count), current];
}
