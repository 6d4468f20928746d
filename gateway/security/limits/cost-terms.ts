/** Something that is known, or that a request's variables decide: a number that is not negative and may be infinite. */
export type Term = number | ((variables: Variables) => number);
export type Variables = Readonly<Record<string, unknown>>;

/** What is known is added once and not for each request. */
export function sum(terms: readonly Term[]): Term {
  const known = terms.filter((term) => typeof term === 'number').reduce((total, term) => total + term, 0);
  const open = terms.filter((term) => typeof term === 'function');
  if (open.length === 0) return known;
  const [only] = open;
  if (open.length === 1 && known === 0) return only!;
  return (variables) => {
    let total = known;
    for (const term of open) total += term(variables);
    return total;
  };
}

export function product(size: Term, each: Term): Term {
  if (size === 0 || each === 0) return 0;
  if (size === 1) return each;
  if (each === 1) return size;
  if (typeof size === 'number' && typeof each === 'number') return size * each;
  if (typeof size === 'number') return (variables) => times(size, valueOf(each, variables));
  return (variables) => times(size(variables), valueOf(each, variables));
}

/** The largest of several. */
export function largest(terms: readonly Term[]): Term {
  const [only] = terms;
  if (terms.length === 1) return only!;
  const open = terms.filter((term) => typeof term === 'function');
  const known = Math.max(0, ...terms.filter((term) => typeof term === 'number'));
  return open.length === 0 ? known : (variables) => Math.max(known, ...open.map((term) => term(variables)));
}

export function valueOf(term: Term, variables: Variables): number {
  return typeof term === 'number' ? term : term(variables);
}

/** None of something that costs without an end costs nothing. */
function times(size: number, each: number): number {
  return size === 0 || each === 0 ? 0 : size * each;
}
