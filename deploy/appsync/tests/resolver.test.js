import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { request, response } from '../copied/resolver.js';
import { context } from './context.js';

// What the resolver function answers; a test of the function holds this file to it.
const answers = JSON.parse(readFileSync(new URL('answers.json', import.meta.url), 'utf8'));

// Gives what a client is shown.
function shown(ctx) {
  try {
    return { data: response(ctx) };
  } catch (error) {
    return { error: error.shown };
  }
}

const notOwner = {
  message: 'Only the owner may ask for this',
  errorType: '403',
  data: null,
  errorInfo: { code: 'NOT_OWNER' },
};

describe('the request', () => {
  it('asks the function for an envelope, and sends all it needs of the context', () => {
    const sent = JSON.parse(JSON.stringify(request(context)));

    assert.deepEqual(sent, {
      operation: 'Invoke',
      payload: {
        envelope: true,
        arguments: { globalUserId: 'user123' },
        identity: { sub: 'user123', username: 'fan' },
        source: { eventId: 'evt456' },
        request: { headers: { 'x-api-key': 'key' }, domainName: null },
        prev: null,
        stash: { kept: true },
        info: {
          fieldName: 'accountFanscore',
          parentTypeName: 'VFApi',
          variables: { id: 'user123' },
          selectionSetList: ['score', 'boosts/arm'],
          selectionSetGraphQL: '{ score boosts { arm } }',
        },
      },
    });
  });

  it('sends a caller with an API key as nobody', () => {
    assert.equal(request({ ...context, identity: null }).payload.identity, null);
  });
});

describe('the response', () => {
  it('gives the data of a single answer', () => {
    assert.deepEqual(shown({ ...context, result: answers.data }), { data: { score: 87 } });
  });

  it('gives the data of an item of a batch', () => {
    assert.deepEqual(shown({ ...context, result: answers.batchData }), { data: { score: 87 } });
  });

  it('gives data that is null, such as a member that does not exist', () => {
    assert.deepEqual(shown({ ...context, result: { data: null } }), { data: null });
  });

  it('gives all four members of an error', () => {
    assert.deepEqual(shown({ ...context, result: answers.error }), { error: notOwner });
  });

  it('gives all four members of the error of an item', () => {
    assert.deepEqual(shown({ ...context, result: answers.batchError }), { error: notOwner });
  });

  it('says of a function that ran out of time that it did, and keeps its text to itself', () => {
    const error = { type: 'Lambda:ExecutionTimeoutException', message: 'secret@example.com' };

    assert.deepEqual(shown({ ...context, result: null, error }), {
      error: {
        message: 'Out of time while waiting for resolver',
        errorType: '504',
        data: null,
        errorInfo: { code: 'DEADLINE_EXCEEDED', system: 'resolver' },
      },
    });
  });

  const internal = {
    message: 'Internal error',
    errorType: '500',
    data: null,
    errorInfo: { code: 'INTERNAL' },
  };
  const failures = {
    'a function that failed': { type: 'Lambda:Unhandled', message: 'secret@example.com' },
    'an error without a type': { message: 'secret@example.com' },
  };
  for (const [what, error] of Object.entries(failures)) {
    it(`says of ${what} that it failed, and keeps its text to itself`, () => {
      assert.deepEqual(shown({ ...context, result: null, error }), { error: internal });
    });
  }

  it('says of an empty answer that the function failed', () => {
    assert.deepEqual(shown({ ...context, result: null }), { error: internal });
  });
});
