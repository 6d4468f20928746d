const instantPattern =
  /^([12]\d{3})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|([+-])(\d{2}):?(\d{2})))?$/;

/**
 * Reads a time of a file: ISO 8601 with an offset or `Z`, with or without seconds, or a date alone, which is midnight
 * UTC. A time that does not say its offset is refused: whichever was meant, another would be hours away.
 * @returns epoch milliseconds, finer fractions cut off; undefined for anything else, such as 30 February
 */
export function instantOfText(text: string): number | undefined {
  const found = instantPattern.exec(text);
  if (!found) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const midnight = Date.UTC(year, month - 1, day);
  if (month > 12 || new Date(midnight).getUTCDate() !== day || hour > 23 || minute > 59 || second > 59)
    return undefined;
  const [offsetHours, offsetMinutes] = [Number(found[10] ?? 0), Number(found[11] ?? 0)];
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * (found[9] === '-' ? -60_000 : 60_000);
  const milliseconds = Number((found[7] ?? '').padEnd(3, '0').slice(0, 3));
  return midnight + ((hour * 60 + minute) * 60 + second) * 1_000 + milliseconds - offset;
}
