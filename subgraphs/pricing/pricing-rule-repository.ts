import type { SqlClient } from '#shared/database.ts';
import type { PricingStage, RuleStatus } from './domain/pricing-rule.ts';
import type { StoredRule } from './rule-format.ts';
import type { NewRule } from './rule-input.ts';

/** One version of a rule with what operators want to know of it; `…By` are user ids. */
export type RuleVersion = Omit<StoredRule, 'stage'> & {
  id: string;
  stage: PricingStage;
  status: RuleStatus;
  createdAt: Date;
  createdBy: string | null;
  activatedAt: Date | null;
  activatedBy: string | null;
  retiredAt: Date | null;
  retiredBy: string | null;
};

export type RuleFilter = { status?: RuleStatus | null; stage?: PricingStage | null; code?: string | null };

/** Where a list of rules continues: behind this version of this code. */
export type RulePlace = { code: string; version: number };

export type Change = { by: string; at: Date };

export type PricingRuleRepository = {
  list(filter: RuleFilter, limit: number, after: RulePlace | undefined): Promise<RuleVersion[]>;
  byId(id: string): Promise<RuleVersion | undefined>;
  /** Waits until nobody else changes versions of this code, and keeps others waiting until the transaction has ended. */
  lock(code: string): Promise<void>;
  /** Writes the next version, as a draft. @returns its id */
  add(rule: NewRule, change: Change): Promise<string>;
  /** The id of the version that is in force. */
  activeId(code: string): Promise<string | undefined>;
  activate(id: string, change: Change): Promise<void>;
  retire(id: string, change: Change): Promise<void>;
};

/** Versions of rules, in PostgreSQL. What changes their status notifies every server's price book, with the commit. */
export function createPricingRuleRepository(database: SqlClient): PricingRuleRepository {
  return {
    list: (filter, limit, after) =>
      database.$queryRawUnsafe<RuleVersion[]>(
        `SELECT ${columns} FROM pricing_rule
         WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR stage = $2) AND ($3::text IS NULL OR code = $3)
           AND ($4::text IS NULL OR code > $4 OR (code = $4 AND version < $5))
         ORDER BY code, version DESC LIMIT $6`,
        filter.status ?? null,
        filter.stage ?? null,
        filter.code ?? null,
        after?.code ?? null,
        after?.version ?? 0,
        limit,
      ),
    async byId(id) {
      const sql = `SELECT ${columns} FROM pricing_rule WHERE id = $1::uuid`;
      const [rule] = await database.$queryRawUnsafe<RuleVersion[]>(sql, id);
      return rule;
    },
    async lock(code) {
      await database.$queryRawUnsafe(
        `SELECT 1 FROM pg_advisory_xact_lock(hashtextextended('pricing_rule:' || $1, 0))`,
        code,
      );
    },
    async add(rule, { by, at }) {
      const [added] = await database.$queryRawUnsafe<[{ id: string }]>(
        `INSERT INTO pricing_rule
           (id, code, version, name, stage, priority, status, conditions, effect, valid_from, valid_to, created_at, created_by)
         SELECT uuidv7(), $1, coalesce(max(version), 0) + 1, $2, $3, $4, 'DRAFT', $5::jsonb, $6::jsonb,
           $7::timestamptz, $8::timestamptz, $9, $10
         FROM pricing_rule WHERE code = $1 RETURNING id::text`,
        rule.code,
        rule.name,
        rule.stage,
        rule.priority,
        JSON.stringify(rule.conditions),
        JSON.stringify(rule.effect),
        rule.validFrom === null ? null : new Date(rule.validFrom),
        rule.validTo === null ? null : new Date(rule.validTo),
        at,
        by,
      );
      return added.id;
    },
    async activeId(code) {
      const sql = `SELECT id::text FROM pricing_rule WHERE code = $1 AND status = 'ACTIVE'`;
      const [active] = await database.$queryRawUnsafe<{ id: string }[]>(sql, code);
      return active?.id;
    },
    async activate(id, { by, at }) {
      await database.$executeRawUnsafe(
        `UPDATE pricing_rule SET status = 'ACTIVE', activated_at = $2, activated_by = $3, retired_at = NULL, retired_by = NULL
         WHERE id = $1::uuid`,
        id,
        at,
        by,
      );
    },
    async retire(id, { by, at }) {
      await database.$executeRawUnsafe(
        `UPDATE pricing_rule SET status = 'RETIRED', retired_at = $2, retired_by = $3 WHERE id = $1::uuid`,
        id,
        at,
        by,
      );
    },
  };
}

const columns = `id::text, code, version, name, stage, priority, status, conditions, effect,
  valid_from AS "validFrom", valid_to AS "validTo", created_at AS "createdAt", created_by AS "createdBy",
  activated_at AS "activatedAt", activated_by AS "activatedBy", retired_at AS "retiredAt", retired_by AS "retiredBy"`;
