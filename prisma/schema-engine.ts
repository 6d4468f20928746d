import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engineModule from '@prisma/schema-engine-wasm/schema_engine_bg';
import { connectEngineTo, openEnginePool } from './schema-engine-adapter.ts';
import type { ScriptLog } from './schema-engine-adapter.ts';

/** A schema file as Prisma's engine takes it: its name (shown in messages) and its content. */
export type SchemaFile = { path: string; content: string };

/** Prisma's schema engine, see `withSchemaEngine`. */
export type SchemaEngine = engineModule.SchemaEngine;

// TypeScript declares it only together with a browser's globals.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: Record<string, object>) => { exports: Record<string, unknown> };
};

/**
 * Runs `work` with Prisma's schema engine connected to one PostgreSQL database and closes the connections after it.
 * `shadowDatabaseUrl` is an empty database in which the engine may replay migrations (to compare, or to create one).
 *
 * The engine is the WebAssembly build of the one behind `prisma migrate`: the native one is a download that fails on a
 * machine without internet. Both keep the same `_prisma_migrations` table, so either can be used on a database.
 *
 * @throws what the engine throws: an Error whose message carries Prisma's or PostgreSQL's own words
 */
export async function withSchemaEngine<Result>(
  options: { databaseUrl: string; shadowDatabaseUrl?: string; schema: SchemaFile },
  work: (engine: SchemaEngine, scripts: ScriptLog) => Promise<Result>,
): Promise<Result> {
  instantiateOnce();
  const pool = openEnginePool(options.databaseUrl);
  const shadowPool = options.shadowDatabaseUrl === undefined ? undefined : openEnginePool(options.shadowDatabaseUrl);
  const scripts: ScriptLog = { lastError: undefined };
  const factory = connectEngineTo(pool, scripts);
  if (shadowPool) factory.connectToShadowDb = () => connectEngineTo(shadowPool, scripts).connect();
  const datamodels: [string, string][] = [[options.schema.path, options.schema.content]];
  let engine: SchemaEngine | undefined;
  try {
    const adapter = bindMigrationAwareSqlAdapterFactory(factory);
    engine = await engineModule.SchemaEngine.new({ datamodels }, () => undefined, adapter);
    return await work(engine, scripts);
  } finally {
    engine?.free();
    await Promise.all([pool.end(), shadowPool?.end()]);
  }
}

/**
 * What an error of the engine says, in one line: its message is the cause, now and then over several lines, then a
 * trace of the engine's own functions, which helps nobody here.
 */
export function engineWords(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n').map((line) => line.trim());
  const trace = lines.findIndex((line) => /^\d+: /.test(line));
  const words = lines.slice(0, trace < 0 ? undefined : trace);
  return words.filter((line) => line !== '' && line !== 'external connector error').join(' ');
}

let instantiated = false;

// The package's own entry imports the .wasm file as a module, which Node does not do without a flag.
function instantiateOnce(): void {
  if (instantiated) return;
  const glue = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const wasm = new WebAssembly.Module(readFileSync(glue.replace(/\.js$/, '.wasm')));
  // A panic of the engine leaves its promise pending for ever: ending the process with its words is all that helps.
  const panics = {
    set_message: (message: string) => {
      throw new Error(`Prisma's schema engine failed: ${message}`);
    },
  };
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: panics });
  const instance = new WebAssembly.Instance(wasm, { './schema_engine_bg.js': { ...engineModule, ...quietTimers() } });
  engineModule.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  instantiated = true;
}

// The engine leaves the timer of its database lock running, which would keep a finished process alive for 10 s.
function quietTimers(): Record<string, unknown> {
  const names = Object.keys(engineModule).filter((name) => name.startsWith('__wbg_setTimeout'));
  const unreferenced = (callback: () => void, delayMs: number) => setTimeout(callback, delayMs).unref();
  return Object.fromEntries(names.map((name) => [name, unreferenced]));
}
