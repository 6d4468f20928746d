import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeSubgraphs, readSubgraphs } from '../gateway/composition/compose-supergraph.ts';
import { readArguments } from './arguments.ts';
import { readSettings } from './config.ts';
import { checkSchema, describeChanges } from './schema-check.ts';
import { runScript } from './script.ts';

const usage = `Usage: npm run compose [-- options]

Composes subgraphs/*/schema.graphql into gateway/supergraph.graphql, and prints what is suspicious about it.

  --check              Writes nothing: tells what changes for clients, and fails where a document in use breaks
  --against <which>    What to compare with: a supergraph file, or a git revision; without it the last commit, or where
                       that is the same already, the one before
  --documents <files>  Documents in use beside gateway/contract: files or patterns, GraphQL or manifests (.json); may be
                       repeated. The manifest in TRUSTED_DOCUMENTS_FILE is one of them
  --verbose            Prints all hints, and changes that are safe`;

runScript(async () => {
  const { root, environment } = readSettings();
  const { values } = readArguments(
    {
      options: {
        check: { type: 'boolean', default: false },
        against: { type: 'string' },
        documents: { type: 'string', multiple: true, default: [] },
        verbose: { type: 'boolean', default: false },
      },
    },
    usage,
  );
  const { supergraphSdl, hints } = composeSubgraphs(await readSubgraphs());
  const shown = hints.filter(({ level }) => values.verbose || level !== 'DEBUG');
  for (const { level, text } of shown) console.log(`${level} ${text}`);
  if (!values.check) {
    await writeFile(join(root, 'gateway/supergraph.graphql'), supergraphSdl);
    console.log('gateway/supergraph.graphql is written');
    return 0;
  }

  const { TRUSTED_DOCUMENTS_FILE: manifest, INIT_CWD: from = root } = environment;
  const documents = [...values.documents, ...(manifest ? [manifest] : [])];
  const check = await checkSchema({ root, from, composed: supergraphSdl, against: values.against, documents });
  if (!check) {
    console.log('There is no committed supergraph to compare with');
    return 0;
  }
  const count = (impact: string) => check.changes.filter((change) => change.impact === impact).length;
  const worth = check.changes.filter(({ impact }) => values.verbose || impact !== 'safe');
  for (const line of describeChanges(worth)) console.log(line);
  const { against, documents: looked } = check;
  const counts = `${count('breaking')} breaking, ${count('unused')} breaking but unused, ${count('dangerous')} dangerous, ${count('safe')} safe`;
  console.log(`Changes since ${against} for ${looked} documents: ${counts}`);
  return count('breaking') > 0 ? 1 : 0;
});
