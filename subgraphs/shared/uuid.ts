/** Whether an id that a client sent can be one of ours: PostgreSQL refuses every other text, rather than finding nothing. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
