import type { Caller } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { invalidInput, orRefusal, type InputIssue, type InvalidInputError } from '#shared/refusal.ts';
import {
  emailTaken,
  invalidCredentials,
  type EmailTakenError,
  type InvalidCredentialsError,
  type TooManyAttemptsError,
} from './auth-refusals.ts';
import { isEmailAddress } from './domain/email-address.ts';
import { passwordProblem } from './domain/password-rules.ts';
import { readProfile, type GivenProfile, type Profile } from './domain/profile.ts';
import type { User } from './domain/user.ts';
import type { Passwords } from './passwords.ts';
import type { AuthSession, SessionService } from './session-service.ts';
import type { SignInGuard } from './sign-in-guard.ts';
import { addUser } from './user-changes.ts';
import { createUserRepository } from './user-repository.ts';

export type AccountService = {
  /** Makes an account of a customer and signs them in. */
  register(
    input: GivenProfile & { password: string },
    userAgent: string | undefined,
  ): Promise<AuthSession | EmailTakenError | InvalidInputError>;
  /** Signs in. An unknown address and a wrong password are answered alike, after the same work. */
  login(
    input: { email: string; password: string },
    userAgent: string | undefined,
  ): Promise<AuthSession | InvalidCredentialsError | TooManyAttemptsError>;
  /**
   * Sets a new password: every other session of the caller ends, and theirs gets new tokens.
   * @throws DomainError UNAUTHENTICATED
   */
  changePassword(
    caller: Caller,
    input: { currentPassword: string; newPassword: string },
  ): Promise<AuthSession | InvalidCredentialsError | InvalidInputError | TooManyAttemptsError>;
};

type UserWithHash = User & { passwordHash: string };

/** Accounts: how somebody gets in. */
export function createAccountService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  sessions: SessionService;
  passwords: Passwords;
  guard: SignInGuard;
  /** Passwords that nobody may choose, beside the common ones; lower case. */
  refusedPasswords: readonly string[];
  now: () => Date;
}): AccountService {
  const { database, sessions, passwords, guard, refusedPasswords: refused, now } = options;

  async function findByCredentials(email: string, password: string): Promise<UserWithHash | undefined> {
    const user = isEmailAddress(email.trim()) ? await createUserRepository(database).byEmail(email) : undefined;
    return (await passwords.matches(password, user?.passwordHash)) ? user : undefined;
  }

  /** A profile and a password that may be taken. @throws Refusal InvalidInputError with everything that is wrong */
  function checkRegistration({ password, ...given }: GivenProfile & { password: string }): Profile {
    const read = readProfile(given);
    const problem = passwordProblem(password, { email: given.email, refused });
    const issues: InputIssue[] = [
      ...('issues' in read ? read.issues.map(({ field, message }) => ({ path: ['input', field], message })) : []),
      ...(problem === undefined ? [] : [{ path: ['input', 'password'], message: problem }]),
    ];
    const [first, ...others] = issues;
    if (first) throw invalidInput(first, ...others);
    return (read as { profile: Profile }).profile;
  }

  return {
    register: (input, userAgent) =>
      orRefusal<AuthSession, EmailTakenError | InvalidInputError>(async () => {
        const profile = checkRegistration(input);
        const passwordHash = await passwords.hash(input.password);
        return database.$transaction(async (transaction) => {
          const user = await addUser(transaction, { ...profile, passwordHash, roles: ['CUSTOMER'] }, now());
          if (!user) throw emailTaken();
          return sessions.open(transaction, user, userAgent);
        });
      }),
    login: ({ email, password }, userAgent) =>
      orRefusal<AuthSession, InvalidCredentialsError | TooManyAttemptsError>(async () => {
        const user = await guard.attempt(email, () => findByCredentials(email, password));
        return database.$transaction(async (transaction) => {
          // A password that was changed since it was verified opens no session that the change did not end.
          const isHeld = await createUserRepository(transaction).holdPassword(user.id, user.passwordHash);
          if (!isHeld) throw invalidCredentials();
          return sessions.open(transaction, user, userAgent);
        });
      }),
    changePassword: (caller, { currentPassword, newPassword }) =>
      orRefusal<AuthSession, InvalidCredentialsError | InvalidInputError | TooManyAttemptsError>(async () => {
        const { userId, sessionId } = await sessions.require(caller);
        const [{ email }] = (await createUserRepository(database).byIds([userId])) as [User];
        const problem = passwordProblem(newPassword, { email, refused });
        if (problem !== undefined) throw invalidInput({ path: ['input', 'newPassword'], message: problem });
        // Counted like sign-ins, so that a stolen access token is no way to guess the password.
        const verified = await guard.attempt(email, () => findByCredentials(email, currentPassword));
        const passwordHash = await passwords.hash(newPassword);
        return database.$transaction(async (transaction) => {
          const users = createUserRepository(transaction);
          const user = await users.lock(userId);
          if (user?.passwordHash !== verified.passwordHash) throw invalidCredentials();
          await users.setPassword(userId, passwordHash);
          return sessions.keepOnly(transaction, sessionId, user);
        });
      }),
  };
}
