/** From this level on (pino's numbers: 40 is warn) a service's log line is shown on the console. */
const shownFrom = 40;

const levelNames: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/**
 * A service's JSON log line as one line for people, prefixed with the process, or undefined for what is not shown: less
 * than a warning, unless `verbose`. What is not JSON, such as a crash's stack on stderr, is shown as it is.
 */
export function describeLogLine(
  process: string,
  line: string,
  options: { stream: 'stdout' | 'stderr'; verbose: boolean },
): string | undefined {
  const entry = parse(line);
  const prefix = `${process} | `;
  if (!entry) return options.verbose || options.stream === 'stderr' ? `${prefix}${line}` : undefined;
  const level = Number(entry.level);
  if (level < shownFrom && !options.verbose) return undefined;
  const words = [levelNames[level] ?? `level ${level}`, String(entry.msg ?? ''), errorMessage(entry.err)];
  // Some libraries spread a message over several lines.
  return (
    prefix +
    words
      .filter((word) => word !== '')
      .join(': ')
      .replace(/\s*\n\s*/g, ' ')
  );
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

// pino's serialiser writes an error as { type, message, stack }.
function errorMessage(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
}
