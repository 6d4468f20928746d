/** Whether this is a system in production, where development sign-ins must never be. */
export function isProduction(): boolean {
  return process.env.NODE_ENV === 'production';
}
