import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';

import { constructs } from './constructs.js';

// The page docs/reference/appsync-constructs.md is held to this list by a test in Python.
const listed = JSON.parse(
  readFileSync(new URL('../../../tests/docs/appsync_constructs.json', import.meta.url), 'utf8'),
);

it('finds each construct of the typings in the list that the documentation is held to', () => {
  assert.deepEqual(listed.typings, constructs);
});

it('has found all kinds of constructs', () => {
  const some = [
    'GetItem.consistentRead',
    'ai.converse',
    'ctx.events',
    'ctx.identity.resolverContext',
    'dynamodb.operations.increment',
    'extensions.evictFromApiCache',
    'rds.agg.max',
    'runtime.earlyReturn',
    'util.time.nowISO8601',
  ];
  assert.deepEqual(some.filter((name) => !constructs.includes(name)), []);
});
