/**
 * How long a transaction may wait for a connection and then take, in milliseconds: those who change the same thing at
 * once wait for one another, and a burst of them is to be served rather than refused.
 */
export const transactionLimits = { maxWait: 8_000, timeout: 10_000 };
