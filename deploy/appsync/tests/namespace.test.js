import assert from 'node:assert/strict';
import { it } from 'node:test';

import { request, response } from '../copied/namespace.js';
import { context } from './context.js';

it('gives an empty object, which is not null, so that the fields in it are resolved', () => {
  const { payload } = request(context);

  assert.deepEqual(response({ ...context, result: payload }), {});
});
