// The context of a field, as AppSync makes it.
export const context = {
  arguments: { globalUserId: 'user123' },
  args: { globalUserId: 'user123' },
  identity: { sub: 'user123', username: 'fan' },
  source: { eventId: 'evt456' },
  request: { headers: { 'x-api-key': 'key' }, domainName: null },
  prev: null,
  stash: { kept: true },
  env: { NEVER: 'sent' },
  info: {
    fieldName: 'accountFanscore',
    parentTypeName: 'VFApi',
    variables: { id: 'user123' },
    selectionSetList: ['score', 'boosts/arm'],
    selectionSetGraphQL: '{ score boosts { arm } }',
    // In AppSync the two above do not survive being sent as part of the whole.
    toJSON: () => ({ fieldName: 'accountFanscore' }),
  },
};
