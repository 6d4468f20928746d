/** An address as it may be shown: without the user and password that it carries. */
export function withoutPassword(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}
