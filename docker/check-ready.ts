// The HEALTHCHECK of the images, which have no curl: ends with 0 when the address answers with success within 3 s.
// Usage: node check-ready.ts http://127.0.0.1:4000/health/ready
const answer = await fetch(process.argv[2] ?? '', { signal: AbortSignal.timeout(3_000) }).catch(() => undefined);
process.exit(answer?.ok ? 0 : 1);
