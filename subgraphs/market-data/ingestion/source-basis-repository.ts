import type { SqlClient } from '#shared/database.ts';
import type { SourceBasis } from './price-maker.ts';

export type SourceBasisRepository = {
  /** Those that were learnt within the last month: an older one says nothing of today. */
  recent(): Promise<SourceBasis[]>;
  /** Keeps what was learnt up to `at`, epoch milliseconds. */
  save(bases: readonly SourceBasis[], at: number): Promise<void>;
};

export function createSourceBasisRepository(sql: SqlClient): SourceBasisRepository {
  return {
    recent: () =>
      sql.$queryRawUnsafe(
        `SELECT source, symbol, basis_bps::float8 AS "basisBps" FROM source_basis WHERE learnt_at > now() - interval '30 days'`,
      ),
    async save(bases, at) {
      if (bases.length === 0) return;
      await sql.$executeRawUnsafe(
        `INSERT INTO source_basis (source, symbol, basis_bps, learnt_at)
         SELECT source, symbol, basis_bps::numeric, $4::timestamptz
         FROM unnest($1::text[], $2::text[], $3::text[]) AS learnt (source, symbol, basis_bps)
         ON CONFLICT (source, symbol) DO UPDATE SET basis_bps = EXCLUDED.basis_bps, learnt_at = EXCLUDED.learnt_at`,
        bases.map(({ source }) => source),
        bases.map(({ symbol }) => symbol),
        bases.map(({ basisBps }) => basisBps.toFixed(4)),
        new Date(at).toISOString(),
      );
    },
  };
}
