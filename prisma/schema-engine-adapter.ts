import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum, DriverAdapterError } from '@prisma/driver-adapter-utils';
import pg from 'pg';

/** What PostgreSQL said to the last script that failed; the engine's own error keeps only its guess at the cause. */
export type ScriptLog = { lastError: pg.DatabaseError | undefined };

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;

/** A small pool for the engine; a server that goes away fails the query, not the process. */
export function openEnginePool(connectionString: string): pg.Pool {
  // Never idle out: the engine's lock on the database belongs to a connection.
  const pool = new pg.Pool({ connectionString, max: 2, idleTimeoutMillis: 0 });
  pool.on('error', () => undefined);
  passCharAsText(pool);
  return pool;
}

/**
 * Prisma's PostgreSQL adapter over a pool, with the faults of it mended that matter to migrations. What the last
 * failed script was told by PostgreSQL is left in `scripts`.
 */
export function connectEngineTo(pool: pg.Pool, scripts: ScriptLog): PrismaPg {
  const factory = new PrismaPg(pool);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    markCharColumns(adapter);
    // The adapter cuts a script at every semicolon, those inside function bodies, strings and comments too. Sent as one
    // simple query PostgreSQL does the cutting, and a migration is one transaction, as with Prisma's native engine.
    adapter.executeScript = async (sql) => {
      await pool.query(sql).catch((error: unknown) => {
        if (error instanceof pg.DatabaseError) scripts.lastError = error;
        throw inEngineTerms(error);
      });
    };
    return adapter;
  };
  return factory;
}

function inEngineTerms(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  const { code = 'XX000', severity = 'ERROR', message, detail, column, hint } = error;
  return new DriverAdapterError({ kind: 'postgres', code, severity, message, detail, column, hint });
}

const charOid = 18;
const textOid = 25;
const charColumns = new WeakMap<object, number[]>();

// PostgreSQL's catalogue has columns of type "char" (one byte), which the engine reads and the adapter refuses to pass
// on, so that no migration could be compared with a schema: passed as text, then marked as the engine wants them.
function passCharAsText(pool: pg.Pool): void {
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<Partial<pg.QueryResult>>;
  pool.query = (async (...args: unknown[]) => {
    const result = await query(...args);
    const columns = (result.fields ?? []).flatMap((field, index) => (field.dataTypeID === charOid ? [index] : []));
    for (const column of columns) Object.assign(result.fields?.[column] ?? {}, { dataTypeID: textOid });
    if (result.rows) charColumns.set(result.rows, columns);
    return result;
  }) as typeof pool.query;
}

function markCharColumns(adapter: Adapter): void {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const column of charColumns.get(result.rows) ?? []) result.columnTypes[column] = ColumnTypeEnum.Character;
    return result;
  };
}
