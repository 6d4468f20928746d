/** Sets of names, of which one set has to be held in full. */
export type Alternatives = readonly (readonly string[])[];

/** What a caller must have to see something; all of it. */
export type AccessRule = {
  /** Whether somebody has to be signed in. */
  isAuthenticated: boolean;
  /** From each, one alternative. */
  scopes: readonly Alternatives[];
  /** From each, one alternative. */
  policies: readonly Alternatives[];
};

/** What a caller has. */
export type CallerRights = {
  isSignedIn: boolean;
  scopes: ReadonlySet<string>;
  /** The policies that were evaluated for the caller, and hold. */
  policies: ReadonlySet<string>;
};

/** What nobody has. */
export const nobody: AccessRule = { isAuthenticated: true, scopes: [[]], policies: [] };

/** The rule that asks for all that the rules ask for, each demand once and in a fixed order; `undefined` where none asks for anything. */
export function allOf(rules: readonly (AccessRule | undefined)[]): AccessRule | undefined {
  const asking = rules.filter((rule) => rule !== undefined);
  const rule = {
    isAuthenticated: asking.some(({ isAuthenticated }) => isAuthenticated),
    scopes: each(asking.flatMap(({ scopes }) => scopes)),
    policies: each(asking.flatMap(({ policies }) => policies)),
  };
  return rule.isAuthenticated || rule.scopes.length > 0 || rule.policies.length > 0 ? rule : undefined;
}

/** Whether a caller has what a rule asks for. A policy that nobody has evaluated does not hold. */
export function isMet({ isAuthenticated, scopes, policies }: AccessRule, rights: CallerRights): boolean {
  return (
    (!isAuthenticated || rights.isSignedIn) &&
    scopes.every((alternatives) => holdsOne(alternatives, rights.scopes)) &&
    policies.every((alternatives) => holdsOne(alternatives, rights.policies))
  );
}

/** Tells rules apart: the same text for the same demands. */
export function keyOf(rule: AccessRule): string {
  return JSON.stringify([rule.isAuthenticated, rule.scopes, rule.policies]);
}

/** The rule in the words of a description: "Requires: signed in; the scope `A` and `B`, or `C`." */
export function described({ isAuthenticated, scopes, policies }: AccessRule): string {
  const demands = [
    ...(isAuthenticated ? ['signed in'] : []),
    ...scopes.map((alternatives) => `scope ${alternativesText(alternatives)}`),
    ...policies.map((alternatives) => `policy ${alternativesText(alternatives)}`),
  ];
  return `Requires: ${demands.join('; ')}.`;
}

function alternativesText(alternatives: Alternatives): string {
  return alternatives.map((names) => names.map((name) => `\`${name}\``).join(' and ')).join(', or ');
}

function holdsOne(alternatives: Alternatives, held: ReadonlySet<string>): boolean {
  return alternatives.some((names) => names.every((name) => held.has(name)));
}

function each(demands: readonly Alternatives[]): Alternatives[] {
  const distinct = new Map(demands.map((alternatives) => [JSON.stringify(alternatives), alternatives]));
  return [...distinct].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, alternatives]) => alternatives);
}
