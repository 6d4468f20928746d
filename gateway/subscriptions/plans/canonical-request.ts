import {
  getNamedType,
  isCompositeType,
  Kind,
  parse,
  print,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import {
  addSelection,
  argumentTexts,
  emptySelection,
  printField,
  printSelection,
  type CanonicalSelection,
} from './canonical-selection.ts';
import { inlineVariables } from './inline-variables.ts';
import type { OwnFields } from '../../supergraph/generation.ts';
import type { Shape } from './response-shape.ts';

/** A request to a subgraph, written so that all who want the same send the same. */
export type CanonicalRequest = {
  text: string;
  /** Makes the answer that was planned for from the one to this request. */
  shape: Shape;
};

/** A subscription at a subgraph, written so that all who want the same share it. */
export type CanonicalSubscription = {
  /** Names it: the same however the client's document was written, and without where the client resumes. */
  text: string;
  /** The request that continues behind a sequence, or begins with the current state without one. */
  textBehind(sequence: string | undefined): string;
  /** The request for nothing but what is wanted, which begins with the current state. */
  narrowText: string;
  isResumable: boolean;
  shape: Shape;
  /** Paths of what is asked for beside what is wanted, with dots; also where the one or the other client wants it. */
  beside: ReadonlySet<string>;
};

/** The argument by which a subscription field continues behind a sequence; a field that has it can be resumed. */
export const resumeArgument = 'after';

/** The variable of an entity fetch that differs with every event. */
const representations = 'representations';

type Request = { operation: string; variables: Record<string, unknown>; schema: GraphQLSchema };

/** The canonical form of a planned fetch of entities; `representations` stays a variable. */
export function canonicalFetch(request: Request): CanonicalRequest {
  const { definition, fragments } = read(request, representations);
  const { schema } = request;
  const canonical = emptySelection();
  const shape: Shape = [];
  const parent = schema.getQueryType() ?? undefined;
  for (const selection of definition.selectionSet.selections) {
    const isEntities = selection.kind === Kind.FIELD && selection.name.value === '_entities';
    if (isEntities) addEntities(canonical, shape, selection, { schema, fragments });
    else
      addSelection(
        canonical,
        shape,
        { kind: Kind.SELECTION_SET, selections: [selection] },
        { schema, fragments, parent },
      );
  }
  const head = [...canonical.fields.values()].some(({ name }) => name === '_entities')
    ? `query($${representations}:[_Any!]!)`
    : 'query';
  return { text: `${head}${printRoot(canonical)}`, shape };
}

/**
 * The canonical form of a planned subscription, its argument `after` left out.
 * @param request.schema the API schema, or any other with the root field, its arguments and types
 * @param request.ownFields what the subgraph can tell of a type beside what is wanted: asking for all of it, of the event and
 *   of the entities that it names, lets operations share that want different parts
 * @param request.isUnsafe whether a field, by its path, is asked for only where it is wanted
 */
export function canonicalSubscription(
  request: Request & { ownFields: (typeName: string) => OwnFields; isUnsafe: (path: string) => boolean },
): CanonicalSubscription {
  const { schema } = request;
  const { definition, fragments } = read(request);
  const root = rootFieldOf(definition);
  const type = schema.getSubscriptionType()?.getFields()[root.name.value];
  const given = argumentTexts((root.arguments ?? []).filter(({ name }) => name.value !== resumeArgument));
  const selection = emptySelection();
  const below: Shape = [];
  let narrow = '';
  let beside = new Set<string>();
  if (root.selectionSet) {
    const parent = type && getNamedType(type.type);
    const composite = isCompositeType(parent) ? parent : undefined;
    addSelection(selection, below, root.selectionSet, { schema, fragments, parent: composite });
    narrow = printSelection(selection);
    if (composite) beside = widen(selection, root.name.value, composite.name, request);
  }
  const name = root.name.value;
  const wide = root.selectionSet ? printSelection(selection) : '';
  const textOf = (selected: string, extra: string[] = []) => {
    const all = [...given, ...extra].toSorted().join(',');
    return `subscription{${name}${all && `(${all})`}${selected}}`;
  };
  const isResumable = type?.args.some(({ name }) => name === resumeArgument) ?? false;
  const text = textOf(wide);
  return {
    text,
    isResumable,
    textBehind: (sequence) =>
      isResumable && sequence !== undefined ? textOf(wide, [`${resumeArgument}: ${JSON.stringify(sequence)}`]) : text,
    narrowText: textOf(narrow),
    shape: [{ to: root.alias?.value ?? name, from: name, ...(root.selectionSet && { shape: below }) }],
    beside,
  };
}

/**
 * An operation as text that is the same for all that are answered with the same bytes: without its name, formatting,
 * variables, and where it resumes.
 */
export function normalisedOperation(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  options: { schema: GraphQLSchema; variables: Record<string, unknown> },
): string {
  const { name: _name, ...unnamed } = inlineVariables(operation, { definition: operation, ...options });
  const withoutAfter = {
    ...unnamed,
    selectionSet: {
      ...unnamed.selectionSet,
      selections: unnamed.selectionSet.selections.map((selection) =>
        selection.kind === Kind.FIELD
          ? { ...selection, arguments: selection.arguments?.filter(({ name }) => name.value !== resumeArgument) }
          : selection,
      ),
    },
  };
  const fragments = document.definitions
    .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
    .map((fragment) => inlineVariables(fragment, { definition: operation, ...options }));
  return [withoutAfter, ...fragments].map((node) => print(node)).join('\n');
}

/** The operation of a document that has one. */
export function operationOf(document: DocumentNode): OperationDefinitionNode {
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (!operation) throw new Error('a document to be run has an operation');
  return operation;
}

/** The root field of a planned subscription: it has one, without a fragment around it. */
export function rootFieldOf(definition: OperationDefinitionNode): FieldNode {
  const root = definition.selectionSet.selections.find((selection) => selection.kind === Kind.FIELD);
  if (!root) throw new Error('a planned subscription has a field at its root');
  return root;
}

/** A planned operation with its variables written into it. */
function read({ operation, variables, schema }: Request, keep?: string) {
  const document = parse(operation);
  const planned = operationOf(document);
  const inlined = inlineVariables(document, { definition: planned, schema, variables, ...(keep && { keep }) });
  return {
    definition: operationOf(inlined),
    fragments: new Map(
      inlined.definitions
        .filter((node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION)
        .map((fragment) => [fragment.name.value, fragment]),
    ),
  };
}

/** `_entities` keeps its name, which the executor looks for; the types of the entities are told by the fragments below. */
function addEntities(
  canonical: CanonicalSelection,
  shape: Shape,
  field: FieldNode,
  options: { schema: GraphQLSchema; fragments: ReadonlyMap<string, FragmentDefinitionNode> },
): void {
  const selection = emptySelection();
  const below: Shape = [];
  addSelection(selection, below, field.selectionSet!, { ...options, parent: undefined });
  canonical.fields.set('_entities', {
    name: '_entities',
    arguments: argumentTexts(field.arguments ?? []),
    selection,
  });
  shape.push({ to: field.alias?.value ?? '_entities', from: '_entities', shape: below });
}

/** Asks for what is safe of an event, and of the entities that it names. @returns the paths of those fields */
function widen(
  event: CanonicalSelection,
  root: string,
  typeName: string,
  { ownFields, isUnsafe }: Parameters<typeof canonicalSubscription>[0],
): Set<string> {
  const beside = new Set<string>();
  const addLeaves = ({ fields }: CanonicalSelection, path: string, names: readonly string[]) => {
    for (const name of ['__typename', ...names].filter((each) => !isUnsafe(`${path}.${each}`))) {
      beside.add(`${path}.${name}`);
      if (!fields.has(name)) fields.set(name, { name, arguments: [] });
    }
  };
  const { leaves, references } = ownFields(typeName);
  addLeaves(event, root, leaves);
  for (const { name, typeName: entity } of references.filter((each) => !isUnsafe(`${root}.${each.name}`))) {
    const field = event.fields.get(name) ?? { name, arguments: [] };
    field.selection ??= emptySelection();
    beside.add(`${root}.${name}`);
    addLeaves(field.selection, `${root}.${name}`, ownFields(entity).leaves);
    event.fields.set(name, field);
  }
  return beside;
}

function printRoot(canonical: CanonicalSelection): string {
  return `{${[...canonical.fields]
    .map(([as, field]) => printField(as, field))
    .toSorted()
    .join(' ')}}`;
}
