import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Who the embedded PostgreSQL runs as: undefined for "whoever we are", and for root, whom PostgreSQL refuses, the
 * user postgres, made when the machine has none (containers and CI runners).
 *
 * @throws Error when that user cannot be made
 */
export async function findPostgresUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return (await lookUp()) ?? (await create());
}

/**
 * Checks that the user may enter every folder above `path`.
 *
 * @throws Error in a sentence that names the folder and says what to do
 */
export async function assertReachable(path: string, user: { uid: number; gid: number }): Promise<void> {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const mayEnter = uid === user.uid ? mode & 0o100 : gid === user.gid ? mode & 0o010 : mode & 0o001;
    if (mayEnter) continue;
    throw new Error(
      `PostgreSQL does not run as root, and the user postgres that it runs as may not enter ${folder}: ` +
        'clone the repository to a folder that every user may enter (not below /root), or start it as another user.',
    );
  }
}

async function lookUp(): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function create(): Promise<{ uid: number; gid: number }> {
  const failure = 'PostgreSQL does not run as root, and a user postgres could not be made: start it as another user.';
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
  } catch (error) {
    throw new Error(failure, { cause: error });
  }
  const user = await lookUp();
  if (!user) throw new Error(failure);
  return user;
}
