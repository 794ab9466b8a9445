// The resolvers for Terraform against the schema of the AWS provider, as cdktf types it.
//
// FANSCORE is the command.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const FILE = fileURLToPath(new URL('resolvers.ts', import.meta.url));
const OPTIONS = {
  module: ts.ModuleKind.NodeNext,
  noEmit: true,
  skipLibCheck: true, // cdktf itself is not installed
  strict: true,
  target: ts.ScriptTarget.ES2022,
  types: [],
};

const printed = execFileSync(process.env.FANSCORE, ['resolvers', '--format', 'terraform']);
const resolvers = JSON.parse(printed).resource.aws_appsync_resolver;

// cdktf writes max_batch_size as maxBatchSize, and nothing else differently.
function camelCased(value) {
  if (Array.isArray(value)) {
    return value.map(camelCased);
  }
  if (typeof value !== 'object') {
    return value;
  }
  const members = Object.entries(value).map(([name, member]) => [
    name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
    camelCased(member),
  ]);
  return Object.fromEntries(members);
}

// Returns what TypeScript has to say of resources, each checked as the provider's resource.
function problems(resources) {
  const source = [
    "import type { AppsyncResolverConfig } from '@cdktf/provider-aws/lib/appsync-resolver';",
    `export const resolvers: AppsyncResolverConfig[] = ${JSON.stringify(camelCased(resources))};`,
  ].join('\n');
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => name === FILE || fileExists(name);
  host.getSourceFile = (name, ...others) =>
    name === FILE
      ? ts.createSourceFile(name, source, OPTIONS.target)
      : getSourceFile(name, ...others);
  const found = ts.getPreEmitDiagnostics(ts.createProgram([FILE], OPTIONS, host));
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

const [name] = Object.keys(resolvers).filter((each) => 'caching_config' in resolvers[each]);
const cached = resolvers[name];

it('has only attributes and blocks that the provider knows, of their types', () => {
  assert.ok(Object.keys(resolvers).length > 10);
  assert.deepEqual(problems(Object.values(resolvers)), []);
});

it('would not be taken with an attribute that the provider does not know', () => {
  const config = { ttl_s: 300, caching_keys: [] };

  assert.match(problems([{ ...cached, caching_config: config }])[0], /'"ttlS"' does not exist/);
  assert.match(problems([{ ...cached, batch_size: 1 }])[0], /'"batchSize"' does not exist/);
});

it('would not be taken with a value of another type, or without what is required', () => {
  const { type, ...others } = cached;

  assert.match(problems([{ ...cached, max_batch_size: '1' }])[0], /'string' is not assignable/);
  assert.match(problems([others])[0], /'type' is missing/);
});
