import { mayDo, requirePermission, type Caller } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { badInput } from '#shared/errors.ts';
import { decodeCursor, pageSize, toPage, type Page } from '#shared/pagination.ts';
import { invalidInput, notFound, orRefusal, type InvalidInputError, type NotFoundError } from '#shared/refusal.ts';
import { isUuid } from '#shared/uuid.ts';
import { lastAdministrator, type LastAdministratorError } from './auth-refusals.ts';
import { inRoleOrder, type Role, type User } from './domain/user.ts';
import { createRoleChangeRepository } from './role-change-repository.ts';
import type { SessionService } from './session-service.ts';
import { tellUserChanged } from './user-changes.ts';
import { createUserRepository } from './user-repository.ts';

export type UserService = {
  /** The caller. @throws DomainError UNAUTHENTICATED */
  me(caller: Caller): Promise<User>;
  /** Users in the order of their ids, null for each that does not exist or that the caller may not see. */
  visible(caller: Caller, ids: readonly string[]): Promise<(User | null)[]>;
  /**
   * A page of all users, newest first.
   * @throws DomainError UNAUTHENTICATED, FORBIDDEN; BAD_USER_INPUT for `first` outside 1 to 100, a cursor of another list,
   *   or a search that is too long
   */
  list(caller: Caller, options: { first: number; after?: string | null; search?: string | null }): Promise<Page<User>>;
  /** Sets somebody's roles. @throws DomainError UNAUTHENTICATED, FORBIDDEN */
  setRoles(
    caller: Caller,
    userId: string,
    roles: readonly Role[],
  ): Promise<User | InvalidInputError | LastAdministratorError | NotFoundError>;
};

const longestSearch = 100;

/** Users, as they and the staff see them. */
export function createUserService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  sessions: SessionService;
  now: () => Date;
}): UserService {
  const { database, sessions, now } = options;
  const users = createUserRepository(database);
  return {
    async me(caller) {
      const { userId } = await sessions.require(caller);
      const [user] = await users.byIds([userId]);
      return user!;
    },
    async visible(caller, ids) {
      const viewer = await sessions.find(caller);
      if (!viewer) return ids.map(() => null);
      const seesAll = mayDo(viewer, 'READ_CUSTOMERS');
      const seen = ids.filter((id) => isUuid(id) && (seesAll || id === viewer.userId));
      const found = new Map((await users.byIds(seen)).map((user) => [user.id, user]));
      return ids.map((id) => found.get(id) ?? null);
    },
    async list(caller, { first, after, search }) {
      requirePermission(await sessions.require(caller), 'READ_CUSTOMERS');
      const size = pageSize(first);
      const behind = typeof after === 'string' ? readPlace(after) : undefined;
      if ((search?.length ?? 0) > longestSearch) {
        throw badInput(`search may have at most ${longestSearch} characters`, { maxLength: longestSearch });
      }
      const rows = await users.list({ words: searchWords(search ?? ''), limit: size + 1, behind });
      return toPage(rows, size, ({ id }) => [id]);
    },
    setRoles: (caller, userId, roles) =>
      orRefusal<User, InvalidInputError | LastAdministratorError | NotFoundError>(async () => {
        const actor = requirePermission(await sessions.require(caller), 'SET_ROLES');
        if (!isUuid(userId)) throw notFound('user');
        return changeRoles(database, { userId, actorId: actor.userId, rolesOf: () => roles, now: now() });
      }),
  };
}

/**
 * Gives somebody a role beside those that they have; for the command line.
 * @throws Error when nobody has the address
 */
export async function grantRole<Transaction extends SqlClient>(
  database: TransactionalClient<Transaction>,
  { email, role, now }: { email: string; role: Role; now: Date },
): Promise<User> {
  const user = await createUserRepository(database).byEmail(email);
  if (!user) throw new Error(`Nobody has registered with ${email}`);
  return changeRoles(database, { userId: user.id, actorId: null, rolesOf: (held) => [...held, role], now });
}

/**
 * Sets roles, notes who did it and tells of it, unless nothing changes.
 * @throws Refusal NotFoundError, InvalidInputError without any role, LastAdministratorError
 */
async function changeRoles<Transaction extends SqlClient>(
  database: TransactionalClient<Transaction>,
  change: { userId: string; actorId: string | null; rolesOf: (held: Role[]) => readonly Role[]; now: Date },
): Promise<User> {
  const { userId, actorId, now } = change;
  return database.$transaction(async (transaction) => {
    const changes = createRoleChangeRepository(transaction);
    const users = createUserRepository(transaction);
    await changes.lock();
    const user = await users.lock(userId);
    if (!user) throw notFound('user');
    const { roles: from } = user;
    const to = inRoleOrder(change.rolesOf(from));
    if (to.length === 0) throw invalidInput({ path: ['roles'], message: 'must name at least one role' });
    if (to.join() === inRoleOrder(from).join()) return user;
    const losesAdmin = from.includes('ADMIN') && !to.includes('ADMIN');
    if (losesAdmin && !(await users.hasOtherAdministrator(userId))) throw lastAdministrator();
    const changed = await users.setRoles(userId, to);
    await changes.add({ userId, actorId, from, to, at: now });
    await tellUserChanged(transaction, changed, now);
    return changed;
  });
}

/** Users are told apart in a list by their ids. */
function readPlace(cursor: string): string {
  const [id] = decodeCursor(cursor, 1) as [string];
  if (isUuid(id)) return id;
  throw badInput('after is not a cursor of this list: pass pageInfo.endCursor as it came');
}

/** Control characters part words, as spaces do: the database takes none of them. */
function searchWords(search: string): string[] {
  return search.split(/[\s\p{Cc}]+/u).filter((word) => word !== '');
}
