import { requirePermission, type Caller } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { badInput } from '#shared/errors.ts';
import { idempotent } from '#shared/idempotency.ts';
import { decodeCursor, pageSize, toPage, type Page } from '#shared/pagination.ts';
import {
  invalidInput,
  notFound,
  orRefusal,
  type IdempotencyKeyReusedError,
  type InvalidInputError,
  type NotFoundError,
} from '#shared/refusal.ts';
import { isUuid } from '#shared/uuid.ts';
import type { CreatePricingRuleInput } from './generated/resolver-types.ts';
import {
  createPricingRuleRepository,
  type PricingRuleRepository,
  type RuleFilter,
  type RulePlace,
  type RuleVersion,
} from './pricing-rule-repository.ts';
import { readRuleInput } from './rule-input.ts';

type Shown = RuleVersion & { __typename: 'PricingRule' };

/** What operators do with rules. Everything throws DomainError UNAUTHENTICATED or FORBIDDEN for who is not one. */
export type PricingRuleService = {
  /** A page of versions. @throws DomainError BAD_USER_INPUT for `first` outside 1 to 100 or a cursor of another list */
  list(
    caller: Caller,
    options: { first: number; after?: string | null; where?: RuleFilter | null },
  ): Promise<Page<RuleVersion>>;
  /** Writes the next version of a code, as a draft. */
  create(caller: Caller, input: CreatePricingRuleInput): Promise<Shown | InvalidInputError | IdempotencyKeyReusedError>;
  /** Puts a version in force in place of the one that is; again does nothing. */
  activate(caller: Caller, id: string): Promise<Shown | NotFoundError | InvalidInputError>;
  /** Takes a version out of force, or gives up a draft; again does nothing. */
  retire(caller: Caller, id: string): Promise<Shown | NotFoundError>;
};

/** @param options.now epoch milliseconds */
export function createPricingRuleService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  now: () => number;
}): PricingRuleService {
  const { database, now } = options;

  /** Changes a version while nobody else changes versions of its code. */
  function change(
    id: string,
    work: (rules: PricingRuleRepository, rule: RuleVersion, at: Date) => Promise<void>,
  ): Promise<Shown> {
    return database.$transaction(async (transaction) => {
      const rules = createPricingRuleRepository(transaction);
      const found = isUuid(id) ? await rules.byId(id) : undefined;
      if (!found) throw notFound('rule');
      await rules.lock(found.code);
      await work(rules, (await rules.byId(id))!, new Date(now()));
      return shown(await rules.byId(id));
    });
  }

  return {
    async list(caller, { first, after, where }) {
      requirePermission(caller, 'MANAGE_PRICING_RULES');
      const size = pageSize(first);
      const place = typeof after === 'string' ? readPlace(after) : undefined;
      const isPossible = isStorable(where?.code ?? '');
      const rows = isPossible ? await createPricingRuleRepository(database).list(where ?? {}, size + 1, place) : [];
      return toPage(rows, size, ({ code, version }) => [code, String(version)]);
    },
    create: (caller, { idempotencyKey, ...input }) =>
      orRefusal<Shown, InvalidInputError | IdempotencyKeyReusedError>(async () => {
        const { userId } = requirePermission(caller, 'MANAGE_PRICING_RULES');
        return database.$transaction(async (transaction) => {
          const rules = createPricingRuleRepository(transaction);
          const id = await idempotent(
            transaction,
            { scope: `${userId}:createPricingRule`, key: idempotencyKey, body: input },
            async () => {
              const at = now();
              const rule = readRuleInput(input, at);
              await rules.lock(rule.code);
              return rules.add(rule, { by: userId, at: new Date(at) });
            },
          );
          return shown(await rules.byId(id));
        });
      }),
    activate: (caller, id) =>
      orRefusal<Shown, NotFoundError | InvalidInputError>(async () => {
        const { userId } = requirePermission(caller, 'MANAGE_PRICING_RULES');
        return change(id, async (rules, rule, at) => {
          if (rule.status === 'ACTIVE') return;
          const activeId = await rules.activeId(rule.code);
          checkTime(rule, at, activeId !== undefined);
          // First: at most one version of a code is active at any time.
          if (activeId !== undefined) await rules.retire(activeId, { by: userId, at });
          await rules.activate(id, { by: userId, at });
        });
      }),
    retire: (caller, id) =>
      orRefusal<Shown, NotFoundError>(async () => {
        const { userId } = requirePermission(caller, 'MANAGE_PRICING_RULES');
        return change(id, async (rules, rule, at) => {
          if (rule.status !== 'RETIRED') await rules.retire(id, { by: userId, at });
        });
      }),
  };
}

/** Refuses what would put nothing in force. */
function checkTime({ code, validFrom, validTo }: RuleVersion, now: Date, hasPredecessor: boolean): void {
  if (validTo && validTo <= now) {
    throw invalidInput({ path: ['id'], message: `its time was over at ${validTo.toISOString()}` });
  }
  if (validFrom && validFrom > now && hasPredecessor) {
    const message = `it applies from ${validFrom.toISOString()} on, and until then no version of ${code} would`;
    throw invalidInput({ path: ['id'], message });
  }
}

function shown(rule: RuleVersion | undefined): Shown {
  return { __typename: 'PricingRule', ...rule! };
}

/** PostgreSQL refuses texts with this character, so no code has it. */
function isStorable(code: string): boolean {
  return !code.includes('\0');
}

function readPlace(cursor: string): RulePlace {
  const [code, version] = decodeCursor(cursor, 2) as [string, string];
  if (/^\d{1,9}$/.test(version) && isStorable(code)) return { code, version: Number(version) };
  throw badInput('after is not a cursor of this list: pass pageInfo.endCursor as it came');
}
