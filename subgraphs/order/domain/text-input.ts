/** One thing that is wrong with an input: where, and what. */
type Issue = { path: string[]; message: string };

/** What a person wrote, without blanks around it; null when nothing is left. */
export function trimmed(text: string | null | undefined): string | null {
  return text?.trim() || null;
}

/** What is wrong with a text, if anything: its length, or characters that nobody types and PostgreSQL does not store. */
export function textIssues(
  field: string,
  text: string | null | undefined,
  { min = 0, max }: { min?: number; max: number },
): Issue[] {
  if (text === null || text === undefined) return [];
  const path = ['input', field];
  const issues: Issue[] = [];
  if (text.trim().length < min || text.length > max)
    issues.push({ path, message: `must have ${min} to ${max} characters` });
  if (/[^\P{Cc}\t\r\n]/u.test(text)) issues.push({ path, message: 'must not have control characters' });
  return issues;
}
