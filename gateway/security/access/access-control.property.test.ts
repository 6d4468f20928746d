import { operationFromDocument } from '@apollo/federation-internals';
import type { FetchNode } from '@apollo/query-planner';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  buildASTSchema,
  Kind,
  parse,
  print,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type SelectionSetNode,
} from 'graphql';
import { executeImagined } from '../../subscriptions/plans/test/imagined-graph.ts';
import { randomOf, randomOperation } from '../../subscriptions/plans/test/random-operation.ts';
import { isMet, type CallerRights } from '../../supergraph/access-rule.ts';
import { readSupergraph } from '../../supergraph/security-features.ts';
import { isConditional } from './conditions.ts';
import { makeVariant, variantKey } from './operation-variant.ts';
import { completedAnswer } from './completed-answer.ts';
import { freightSdl, guardedGraph, operationIn, shopSdl } from './test/guarded-graph.ts';

const graph = guardedGraph(shopSdl, freightSdl);
const { schema, rules, access, planner, plannerSchema } = graph;
const roots = Object.values(schema.getQueryType()!.getFields());
const supergraph = buildASTSchema(readSupergraph(graph.supergraphSdl).original, { assumeValidSDL: true });

const anyRights = fc
  .record({
    isSignedIn: fc.boolean(),
    scopes: fc.subarray(['REQUEST_QUOTES', 'PLACE_ORDERS', 'ADJUST_STOCK', 'MANAGE_PRICING_RULES', 'READ_CUSTOMERS']),
    policies: fc.subarray(['OPERATOR']),
  })
  .map(({ isSignedIn, scopes, policies }) => ({ isSignedIn, scopes: new Set(scopes), policies: new Set(policies) }));

function operationOf(next: fc.GeneratorValue) {
  const random = randomOf(fc, next);
  const operation = randomOperation(schema, { keyword: 'query', field: roots[random(roots.length)]! }, random);
  fc.pre(validate(schema, parse(operation.text)).length === 0);
  return operation;
}

function variantOf(text: string, rights: CallerRights) {
  const { document, operation } = operationIn(graph, text);
  const needs = access.needsOf(document, operation);
  return needs && makeVariant(needs, variantKey(needs, rights), rights.isSignedIn);
}

test('no subgraph is ever asked for what the caller may not see', () => {
  let askedOfSubgraphs = 0;
  const property = fc.property(fc.gen(), anyRights, (next, rights) => {
    const { text } = operationOf(next);
    const variant = variantOf(text, rights);
    if (!variant?.allowed) return;
    const { document, operation } = variant.allowed;
    expect(validate(schema, document)).toEqual([]);
    const operationName = operation.name?.value;
    const plan = planner.buildQueryPlan(operationFromDocument(plannerSchema, document, { operationName }));
    for (const fetch of fetchesOf(plan)) {
      for (const [typeName, fieldName] of fieldsOf(parse(fetch.operation))) {
        askedOfSubgraphs += 1;
        const rule = rules.ofField(typeName, fieldName);
        if (rule && !isMet(rule, rights))
          throw new Error(`${typeName}.${fieldName} is asked for by\n${fetch.operation}`);
      }
    }
  });
  fc.assert(property, { numRuns: 700 });
  expect(askedOfSubgraphs).toBeGreaterThan(300);
});

test('what may be seen is answered as to somebody who may see everything', () => {
  let answers = 0;
  const property = fc.property(fc.gen(), anyRights, fc.nat(), (next, rights, seed) => {
    const { text, variables } = operationOf(next);
    const variant = variantOf(text, rights);
    if (!variant) return;
    const imagined = { variables, seed, fails: false };
    const part = variant.allowed ? executeImagined(schema, print(variant.allowed.document), imagined) : { data: {} };
    const expanded = withoutNamedFragments(parse(text));
    const gone = goneFields(expanded, rights);
    // graphql-js tells the type of every object, also of one of a type that is refused as a whole.
    fc.pre(!isTypenameGone(expanded, gone));
    const expected = executeImagined(schema, print(expanded), {
      ...imagined,
      isLeftOut: (fields) => fields.every(({ loc }) => gone.has(loc!.start)),
    });
    const answer = completedAnswer(variant, schema, part.data ?? null, variables);
    expect(JSON.stringify(answer)).toBe(JSON.stringify(expected.data));
    answers += variant.refused.length > 0 && variant.allowed ? 1 : 0;
  });
  fc.assert(property, { numRuns: 1_500 });
  expect(answers).toBeGreaterThan(50);
});

function isTypenameGone(document: DocumentNode, gone: ReadonlySet<number>): boolean {
  let isGone = false;
  visit(parse(print(document)), {
    Field({ name, loc }) {
      isGone ||= name.value === '__typename' && gone.has(loc!.start);
    },
  });
  return isGone;
}

/** Every fetch of a plan. */
function fetchesOf(node: unknown): FetchNode[] {
  if (typeof node !== 'object' || node === null) return [];
  if ('kind' in node && node.kind === 'Fetch') return [node as FetchNode];
  return Object.values(node).flatMap(fetchesOf);
}

/** The fields that are asked of a subgraph, with their types. */
function fieldsOf(document: DocumentNode): [typeName: string, fieldName: string][] {
  const fields: [string, string][] = [];
  const types = new TypeInfo(supergraph);
  const look = {
    Field({ name }: FieldNode) {
      const type = types.getParentType();
      // `_entities` is a subgraph's own; below it stand fragments, which name their types.
      if (name.value !== '_entities' && type && name.value !== '__typename') fields.push([type.name, name.value]);
    },
  };
  visit(document, visitWithTypeInfo(types, look));
  return fields;
}

/** The same document with every fragment where it is used: one field, one place. */
function withoutNamedFragments(document: DocumentNode): DocumentNode {
  const fragments = new Map(
    document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  );
  const inlined = <Node extends DocumentNode | SelectionSetNode>(node: Node): Node =>
    visit(node, {
      FragmentDefinition: () => null,
      FragmentSpread({ name, directives }) {
        const { typeCondition, selectionSet } = fragments.get(name.value)!;
        return { kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet: inlined(selectionSet) };
      },
    });
  return parse(print(inlined(document)));
}

/** The places of fields that are refused, are below a refused one, or have nothing else below them. */
function goneFields(document: DocumentNode, rights: CallerRights): ReadonlySet<number> {
  const placed = parse(print(document));
  const refused = new Set<number>();
  const types = new TypeInfo(schema);
  const look = {
    Field(node: FieldNode) {
      const rule = rules.ofField(types.getParentType()!.name, node.name.value);
      if (rule && !isMet(rule, rights)) refused.add(node.loc!.start);
    },
  };
  visit(placed, visitWithTypeInfo(types, look));

  const gone = new Set<number>();
  const childrenOf = ({ selections }: SelectionSetNode): { field: FieldNode; onCondition: boolean }[] =>
    selections.flatMap((selection) => {
      const onCondition = isConditional(selection);
      if (selection.kind === Kind.FIELD) return [{ field: selection, onCondition }];
      const below = selection.kind === Kind.INLINE_FRAGMENT ? childrenOf(selection.selectionSet) : [];
      return below.map((child) => ({ ...child, onCondition: child.onCondition || onCondition }));
    });
  const mark = (field: FieldNode, isBelowRefused: boolean): boolean => {
    const isRefused = isBelowRefused || refused.has(field.loc!.start);
    const children = field.selectionSet ? childrenOf(field.selectionSet) : [];
    const areGone = children.map((child) => mark(child.field, isRefused) && !child.onCondition);
    const isGone = isRefused || (children.length > 0 && areGone.every(Boolean));
    if (isGone) gone.add(field.loc!.start);
    return isGone;
  };
  for (const definition of placed.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION)
      for (const { field } of childrenOf(definition.selectionSet)) mark(field, false);
  return gone;
}
