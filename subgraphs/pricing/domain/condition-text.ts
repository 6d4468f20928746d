import type { Condition } from './rule-condition.ts';

/** A condition in words for people: `side = BUY and quantity >= 10`; `always` for one that asks nothing. */
export function textOf(condition: Condition): string {
  if ('all' in condition) return condition.all.length === 0 ? 'always' : condition.all.map(partText).join(' and ');
  if ('any' in condition) return condition.any.map(partText).join(' or ');
  if ('not' in condition) return `not (${textOf(condition.not)})`;
  const { field, op, value } = condition;
  switch (op) {
    case 'IN':
      return `${field} in (${value.join(', ')})`;
    case 'NIN':
      return `${field} not in (${value.join(', ')})`;
    case 'BETWEEN':
      return `${field} from ${value[0].toFixed()} to ${value[1].toFixed()}`;
    default:
      return `${field} ${signs[op]} ${typeof value === 'string' ? value : value.toFixed()}`;
  }
}

const signs = { EQ: '=', NE: '!=', GT: '>', GTE: '>=', LT: '<', LTE: '<=' };

/** Parts that are joined by themselves stand in brackets. */
function partText(part: Condition): string {
  const isJoined = ('all' in part && part.all.length > 1) || ('any' in part && part.any.length > 1);
  return isJoined ? `(${textOf(part)})` : textOf(part);
}
