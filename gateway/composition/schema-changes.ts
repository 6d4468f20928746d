import { ChangeType, CriticalityLevel, diff, type Change } from '@graphql-inspector/core';
import { isInputObjectType, specifiedRules, validate, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { ApiSchema } from '../supergraph/api-schema.ts';
import { findAccessChanges } from './access-changes.ts';
import { usageOf, type DocumentUsage } from './document-usage.ts';

/** What a change does to clients; `unused` would break those that use it, and nobody does. */
export type ChangeImpact = 'breaking' | 'unused' | 'dangerous' | 'safe';

export type SchemaChange = {
  impact: ChangeImpact;
  /** Such as `Field 'price' was removed from object type 'Instrument'`. */
  message: string;
  /** Why it may be trouble, where that is not plain. */
  reason: string | undefined;
  /** The documents that it concerns, as they are called; of changes that are breaking, or of who may see what. */
  usedBy: string[];
};

/** A document that clients send. */
export type UsedDocument = {
  /** What it is called in messages: its name, and where it stands. */
  title: string;
  document: DocumentNode;
};

const impacts: Record<CriticalityLevel, ChangeImpact> = {
  [CriticalityLevel.Breaking]: 'breaking',
  [CriticalityLevel.Dangerous]: 'dangerous',
  [CriticalityLevel.NonBreaking]: 'safe',
};
const order: ChangeImpact[] = ['breaking', 'unused', 'dangerous', 'safe'];

/**
 * What has changed between two schemas as clients see them, the worst first (GraphQL Inspector's classes). A breaking
 * change is only called so where a document uses what it changes; a document that is not valid any more is one by itself.
 * Documents that are not valid against the schema before are left out: nobody has been served by them.
 *
 * That others may see something now than before is dangerous: who asks is not known here.
 */
export async function findSchemaChanges(options: {
  before: ApiSchema;
  after: ApiSchema;
  documents: readonly UsedDocument[];
}): Promise<SchemaChange[]> {
  const [{ schema: before }, { schema: after }] = [options.before, options.after];
  const served = options.documents.filter(({ document }) => isValid(before, document));
  const usages = served.map(({ title, document }) => ({ title, usage: usageOf(before, document) }));
  const changes = (await diff(before, after)).map((change): SchemaChange => {
    const impact = impacts[change.criticality.level];
    const isBreaking = impact === 'breaking';
    const usedBy = isBreaking ? usages.filter(({ usage }) => concerns(before, change, usage)) : [];
    return {
      impact: isBreaking && usedBy.length === 0 ? 'unused' : impact,
      message: change.message,
      reason: change.criticality.reason,
      usedBy: usedBy.map(({ title }) => title),
    };
  });
  const told = new Set(changes.flatMap(({ usedBy }) => usedBy));
  const broken = served
    .filter(({ title, document }) => !told.has(title) && !isValid(after, document))
    .map(({ title, document }): SchemaChange => {
      const [error] = validate(after, document, specifiedRules);
      return { impact: 'breaking', message: error!.message, reason: undefined, usedBy: [title] };
    });
  const access = findAccessChanges(options.before, options.after).map(({ coordinate, message }): SchemaChange => {
    const concerned = usages.filter(({ usage }) => usage.fields.has(coordinate) || usage.types.has(coordinate));
    return { impact: 'dangerous', message, reason: undefined, usedBy: concerned.map(({ title }) => title) };
  });
  return [...changes, ...broken, ...access].toSorted(
    (one, other) => order.indexOf(one.impact) - order.indexOf(other.impact),
  );
}

function isValid(schema: GraphQLSchema, document: DocumentNode): boolean {
  return validate(schema, document, specifiedRules, { maxErrors: 1 }).length === 0;
}

/** Whether a document uses what a change changes, going by the schema before; in doubt it does. */
function concerns(before: GraphQLSchema, change: Change, usage: DocumentUsage): boolean {
  const { path, meta } = change;
  if (path === undefined) return true;
  if (path.startsWith('@')) return usage.directives.has(path.split('.')[0]!);
  const [typeName = '', member, argument] = path.split('.');
  if (change.type === ChangeType.ObjectTypeInterfaceRemoved)
    return (
      usage.types.has(typeName) || usage.types.has((meta as { removedInterfaceName: string }).removedInterfaceName)
    );
  const type = before.getType(typeName);
  // Of what is sent and of enums it is not known which parts come: a variable, or an answer, may have any.
  if (member === undefined || !type || !('getFields' in type) || isInputObjectType(type))
    return usage.types.has(typeName);
  const field = `${typeName}.${member}`;
  return argument === undefined || mustBeGivenNow(change)
    ? usage.fields.has(field)
    : usage.arguments.has(`${field}.${argument}`);
}

/** Whether it is an argument that concerns those who do not give it. */
function mustBeGivenNow({ type, meta }: Change): boolean {
  if (type === ChangeType.FieldArgumentAdded) return true;
  if (type !== ChangeType.FieldArgumentTypeChanged) return false;
  return (meta as { newArgumentType: string }).newArgumentType.endsWith('!');
}
