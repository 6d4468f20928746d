/**
 * Waits until an expectation holds, trying it every few milliseconds; for states that no event announces.
 * @throws what the expectation threw last, after `timeoutMs` milliseconds
 */
export async function eventually(expectation: () => void | Promise<void>, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await expectation();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
