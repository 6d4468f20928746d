import { isInterfaceType, isObjectType, isSpecifiedScalarType, type GraphQLSchema } from 'graphql';
import { described, keyOf, type AccessRule } from './access-rule.ts';
import type { AccessRules } from './access-rules.ts';

/**
 * Says in the descriptions of a schema for clients who may see what, because the directives are not part of it. A field says
 * it where it takes more than its type does. The schema is changed: it is given before anybody has seen it.
 */
export function describeAccess(schema: GraphQLSchema, rules: AccessRules): void {
  if (rules.isEmpty) return;
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
    const ofType = rules.ofType(type.name);
    type.description = withRule(type.description, ofType);
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const ofField = rules.ofField(type.name, field.name);
      const isMore = ofField && !(ofType && keyOf(ofField) === keyOf(ofType));
      field.description = withRule(field.description, isMore ? ofField : undefined);
    }
  }
}

function withRule(description: string | null | undefined, rule: AccessRule | undefined): string | null | undefined {
  if (!rule) return description;
  const text = `${described(rule)} Otherwise refused with \`UNAUTHORIZED_FIELD_OR_TYPE\`.`;
  return description ? `${description}\n\n${text}` : text;
}
