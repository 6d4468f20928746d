import { GraphQLError, type ASTVisitor, type ValidationContext } from 'graphql';

/** A rule of validation: nothing is asked of the schema itself, except what `__typename` something is. */
export function noIntrospection(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      if (node.name.value !== '__schema' && node.name.value !== '__type') return;
      const message = 'Introspection is off here: the schema is not told';
      context.reportError(new GraphQLError(message, { nodes: node, extensions: { code: 'INTROSPECTION_DISABLED' } }));
    },
  };
}
