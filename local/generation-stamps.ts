import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a step was made from and what it made, as hashes. */
type Stamp = { inputs: string; outputs: Record<string, string> };

/** Remembers what was generated from what, to skip what would come out the same. */
export type GenerationStamps = {
  isCurrent(step: string, inputs: string[]): boolean;
  record(step: string, inputs: string[], outputs: string[]): void;
};

/** Reads the stamps in `file`. Patterns and outputs are relative to `root`; packages count as an input of every step. */
export function openStamps(root: string, file: string): GenerationStamps {
  const stamps = read(file);
  const packages = hashFile(join(root, 'package-lock.json'));
  const hashInputs = (patterns: string[]) => {
    const hash = createHash('sha256').update(packages);
    // What a step generates is no input of the same step.
    const exclude = (path: string) => /(^|\/)(node_modules|dist|generated)$/.test(path);
    for (const path of globSync(patterns, { cwd: root, exclude }).sort()) {
      hash.update(path).update(hashFile(join(root, path)));
    }
    return hash.digest('hex');
  };
  return {
    isCurrent(step, inputs) {
      const stamp = stamps[step];
      if (stamp?.inputs !== hashInputs(inputs)) return false;
      return Object.entries(stamp.outputs).every(([path, hash]) => hashFile(join(root, path)) === hash);
    },
    record(step, inputs, outputs) {
      const hashes = outputs.map((path) => [path, hashFile(join(root, path))] as const);
      stamps[step] = { inputs: hashInputs(inputs), outputs: Object.fromEntries(hashes) };
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(stamps, null, 2));
    },
  };
}

function read(file: string): Record<string, Stamp> {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Stamp>;
  } catch {
    // Cut off by a kill: everything is generated again.
    return {};
  }
}

// A folder counts by being there.
function hashFile(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 'absent';
  return stat.isDirectory() ? 'folder' : createHash('sha256').update(readFileSync(path)).digest('hex');
}
