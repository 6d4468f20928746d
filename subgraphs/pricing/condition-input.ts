import type { Decimal } from '#shared/decimal.ts';
import type { InputIssue } from '#shared/refusal.ts';
import { amountFormat, textFormats } from './condition-format.ts';
import type { Condition } from './domain/rule-condition.ts';
import type {
  PricingConditionInput,
  PricingNumberConditionInput,
  PricingTextConditionInput,
} from './generated/resolver-types.ts';
import { numberFieldWords, textFieldWords } from './rule-vocabulary.ts';

const deepest = 8;
const mostConditions = 200;
const mostValues = 1_000;

/** Reads a condition as clients send it. What is wrong with it is added to `issues`; it is not to be used then. */
export function readCondition(input: PricingConditionInput, path: string[], issues: InputIssue[]): Condition {
  let conditions = 0;

  function read(node: PricingConditionInput, at: string[], depth: number): Condition {
    conditions += 1;
    if (depth > deepest) return refuse(at, `may have at most ${deepest} levels`);
    if (conditions > mostConditions) {
      return conditions === mostConditions + 1
        ? refuse(path, `may have at most ${mostConditions} conditions`)
        : nothing;
    }
    const [field, ...more] = Object.entries(node).flatMap(([name, value]) => (value ? [name] : []));
    if (field === undefined || more.length > 0) return refuse(at, 'must have exactly one of its fields');
    const { all, any, not, text, number } = node;
    const inside = (parts: PricingConditionInput[], name: string) =>
      parts.map((part, index) => read(part, [...at, name, String(index)], depth + 1));
    if (all) return { all: inside(all, 'all') };
    if (any?.length === 0) return refuse([...at, 'any'], 'must not be empty');
    if (any) return { any: inside(any, 'any') };
    if (not) return { not: read(not, [...at, 'not'], depth + 1) };
    return text ? readText(text, [...at, 'text'], issues) : readNumber(number!, [...at, 'number'], issues);
  }

  function refuse(at: string[], message: string): Condition {
    issues.push({ path: at, message });
    return nothing;
  }

  return read(input, path, 1);
}

/** Adds to `issues` where a number cannot stand in a rule. */
export function checkAmount(value: Decimal, path: string[], issues: InputIssue[]): void {
  if (amountFormat.safeParse(value.toFixed()).success) return;
  issues.push({ path, message: 'must not be negative, and have at most 15 digits before the point and 18 behind it' });
}

const nothing: Condition = { all: [] };

function readText({ field, op, values }: PricingTextConditionInput, path: string[], issues: InputIssue[]): Condition {
  const name = textFieldWords[field];
  // People write codes as they like; they are compared in capitals.
  const texts = name === 'customerGroup' || name === 'coupon' ? values.map((value) => value.toUpperCase()) : values;
  checkCount(texts, op === 'IN' || op === 'NIN' ? [1, mostValues] : [1, 1], path, issues);
  for (const [index, text] of texts.slice(0, mostValues).entries()) {
    const { error } = textFormats[name].safeParse(text);
    if (error) issues.push({ path: [...path, 'values', String(index)], message: error.issues[0]!.message });
  }
  return op === 'IN' || op === 'NIN' ? { field: name, op, value: texts } : { field: name, op, value: texts[0] ?? '' };
}

function readNumber(
  { field, op, values }: PricingNumberConditionInput,
  path: string[],
  issues: InputIssue[],
): Condition {
  const name = numberFieldWords[field];
  const [first, second] = values;
  checkCount(values, op === 'BETWEEN' ? [2, 2] : [1, 1], path, issues);
  for (const [index, value] of values.slice(0, 2).entries()) {
    checkAmount(value, [...path, 'values', String(index)], issues);
  }
  if (!first) return nothing;
  if (op !== 'BETWEEN') return { field: name, op, value: first };
  if (!second) return nothing;
  if (second.lt(first)) issues.push({ path: [...path, 'values', '1'], message: 'must not be less than the first' });
  return { field: name, op, value: [first, second] };
}

function checkCount(values: unknown[], [least, most]: [number, number], path: string[], issues: InputIssue[]): void {
  if (values.length >= least && values.length <= most) return;
  const count = least === most ? `${least}` : `${least} to ${most}`;
  issues.push({ path: [...path, 'values'], message: `must have ${count} ${most === 1 ? 'value' : 'values'}` });
}
