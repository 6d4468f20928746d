/**
 * An iterator over an async generator whose `return()` takes effect at once: it aborts the signal that the generator was
 * made with, so that a generator waiting for its next event ends instead of holding its consumer until one comes.
 * (A plain async generator runs `return()` only after a pending `next()`.)
 */
export function abortable<T>(
  create: (signal: AbortSignal) => AsyncGenerator<T, void, void>,
): AsyncIterableIterator<T, void, void> {
  const controller = new AbortController();
  const generator = create(controller.signal);
  return {
    next: () => generator.next(),
    return() {
      controller.abort();
      return generator.return();
    },
    throw(error: unknown) {
      controller.abort();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The iterator with each value mapped; `return()` goes straight to the source. */
export function mapIterator<T, U>(
  source: AsyncIterator<T, unknown, void>,
  map: (value: T) => U | Promise<U>,
): AsyncIterableIterator<U, void, void> {
  const done = { done: true as const, value: undefined };
  return {
    async next() {
      const result = await source.next();
      return result.done ? done : { done: false, value: await map(result.value) };
    },
    async return() {
      await source.return?.();
      return done;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
