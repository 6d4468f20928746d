/** Files that a server has open besides its clients' sockets. */
const ownFiles = 200;

/**
 * Node takes as many as the system lets it; what that is differs between machines.
 * @throws Error where a server could not have a socket for each client
 */
export function checkOpenFiles(clients: number): void {
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  // Otherwise it looks up the names of all addresses that we are connected to.
  report.excludeNetwork = true;
  const { userLimits } = report.getReport() as { userLimits?: { open_files: { soft: number | string } } };
  const limit = Number(userLimits?.open_files.soft ?? Infinity);
  // "unlimited" is not a number, and no limit.
  if (limit < clients + ownFiles)
    throw new Error(`${clients} clients need ${clients + ownFiles} open files, of which a process may have ${limit}: \
raise that (ulimit -n) or have fewer clients (npm run bench -- fan-out <scenario> <clients>).`);
}
