import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, ownIdentity, stopStranger } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** A child that its parent may leave behind, with the signal that stops it. */
export type RecordedChild = ProcessIdentity & { name: string; stopSignal: NodeJS.Signals };

/** Who uses the data directory, and what it started. */
type Claim = { owner: ProcessIdentity; children: RecordedChild[]; postgresPort?: number };

/** The data directory, ours until released. */
export type ClaimedDirectory = {
  /** Notes a child's process, in place of the one of the same name: what is left if we are killed. */
  noteChild(child: RecordedChild): void;
  notePostgresPort(port: number): void;
  release(): void;
};

const fileName = 'running.json';

/** The port of the embedded PostgreSQL of a system that runs from this directory now. */
export function findRunningPostgres(directory: string): number | undefined {
  const claim = readClaim(directory);
  return claim && isRunning(claim.owner) ? claim.postgresPort : undefined;
}

/** Whether who claimed the directory is gone without having released it. */
export function isAbandoned(directory: string): boolean {
  const claim = readClaim(directory);
  return claim !== undefined && !isRunning(claim.owner);
}

/**
 * Takes the data directory for this process, and first stops what a killed predecessor left running.
 *
 * @throws Error in a sentence when another process is using it
 */
export async function claimDataDirectory(directory: string): Promise<ClaimedDirectory> {
  // Readable by others, for PostgreSQL as another user has to pass through.
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const previous = readClaim(directory);
  if (previous && previous.owner.pid !== process.pid && isRunning(previous.owner)) {
    throw new Error(`${directory} is in use: process ${previous.owner.pid} runs from it. Stop that one first.`);
  }
  await Promise.all((previous?.children ?? []).map((child) => stopStranger(child, child.stopSignal)));
  const claim: Claim = { owner: ownIdentity(), children: [] };
  writeClaim(directory, claim);
  return {
    noteChild(child) {
      claim.children = [...claim.children.filter(({ name }) => name !== child.name), child];
      writeClaim(directory, claim);
    },
    notePostgresPort(port) {
      claim.postgresPort = port;
      writeClaim(directory, claim);
    },
    release() {
      rmSync(join(directory, fileName), { force: true });
    },
  };
}

function readClaim(directory: string): Claim | undefined {
  const path = join(directory, fileName);
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Claim;
  } catch {
    return undefined;
  }
}

// Written beside and moved, so that a reader never sees half of it.
function writeClaim(directory: string, claim: Claim): void {
  const path = join(directory, fileName);
  writeFileSync(`${path}.new`, JSON.stringify(claim));
  renameSync(`${path}.new`, path);
}
