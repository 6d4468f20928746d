import { Refusal } from '#shared/refusal.ts';

type RefusalOf<Name extends string, Code extends string> = {
  __typename: Name;
  code: Code;
  message: string;
  retryable: boolean;
};

export type EmailTakenError = RefusalOf<'EmailTakenError', 'EMAIL_TAKEN'>;
export type InvalidCredentialsError = RefusalOf<'InvalidCredentialsError', 'INVALID_CREDENTIALS'>;
export type InvalidRefreshTokenError = RefusalOf<'InvalidRefreshTokenError', 'INVALID_REFRESH_TOKEN'>;
export type LastAdministratorError = RefusalOf<'LastAdministratorError', 'LAST_ADMINISTRATOR'>;
/** `retryAfter` in seconds. */
export type TooManyAttemptsError = RefusalOf<'TooManyAttemptsError', 'TOO_MANY_ATTEMPTS'> & { retryAfter: number };

/** The address belongs to somebody already. */
export function emailTaken(): Refusal<EmailTakenError> {
  return new Refusal({
    __typename: 'EmailTakenError',
    code: 'EMAIL_TAKEN',
    message: 'Somebody has registered with this e-mail address already',
    retryable: false,
  });
}

/** Address and password do not belong together; which of them is wrong is not said. */
export function invalidCredentials(): Refusal<InvalidCredentialsError> {
  return new Refusal({
    __typename: 'InvalidCredentialsError',
    code: 'INVALID_CREDENTIALS',
    message: 'The e-mail address or the password is wrong',
    retryable: false,
  });
}

/** The refresh token does not work (any more): its user has to sign in. */
export function invalidRefreshToken(): Refusal<InvalidRefreshTokenError> {
  return new Refusal({
    __typename: 'InvalidRefreshTokenError',
    code: 'INVALID_REFRESH_TOKEN',
    message: 'The session has ended: sign in again',
    retryable: false,
  });
}

/** Nobody would be left to give rights to others. */
export function lastAdministrator(): Refusal<LastAdministratorError> {
  return new Refusal({
    __typename: 'LastAdministratorError',
    code: 'LAST_ADMINISTRATOR',
    message: 'The last administrator cannot lose the role ADMIN: make somebody else an administrator first',
    retryable: false,
  });
}

/** Too many failures to sign in; `retryAfter` in seconds. */
export function tooManyAttempts(retryAfter: number): Refusal<TooManyAttemptsError> {
  return new Refusal({
    __typename: 'TooManyAttemptsError',
    code: 'TOO_MANY_ATTEMPTS',
    message: `Too many failed attempts with this e-mail address: try again in ${retryAfter} seconds`,
    retryable: true,
    retryAfter,
  });
}
