// The resolver of a field: what stands between AppSync and the resolver function.
//
// A direct Lambda resolver can raise, and no more: `errorInfo` would be lost. Here the function is
// asked for an envelope instead, and what is in it is passed on.
import { util } from '@aws-appsync/utils';

// The template says BatchInvoke for a field that is resolved for many parents at once.
const OPERATION = 'Invoke';

export function request(ctx) {
  return {
    operation: OPERATION,
    payload: {
      envelope: true,
      arguments: ctx.arguments,
      identity: ctx.identity,
      source: ctx.source,
      request: ctx.request,
      prev: ctx.prev,
      stash: ctx.stash,
      // Member by member: AppSync leaves the selection out where `info` is sent as a whole.
      info: {
        fieldName: ctx.info.fieldName,
        parentTypeName: ctx.info.parentTypeName,
        variables: ctx.info.variables,
        selectionSetList: ctx.info.selectionSetList,
        selectionSetGraphQL: ctx.info.selectionSetGraphQL,
      },
    },
  };
}

export function response(ctx) {
  if (ctx.error) {
    return failed(ctx.error);
  }
  return lambdaResponse(ctx.result);
}

// The function answers `{data}` or `{error}`; for an item of a batch, the members of the error
// stand beside its data, as AppSync has it.
function lambdaResponse(result) {
  if (!result) {
    return failed({});
  }
  if (result.error) {
    const { message, errorType, data, errorInfo } = result.error;
    util.error(message, errorType, data, errorInfo);
  }
  if (result.errorMessage) {
    util.error(result.errorMessage, result.errorType, result.data, result.errorInfo);
  }
  return result.data;
}

// The function itself failed. AppSync's text stays out: it may quote what the function raised.
function failed(error) {
  if (error.type && error.type.includes('Timeout')) {
    const errorInfo = { code: 'DEADLINE_EXCEEDED', system: 'resolver' };
    util.error('Out of time while waiting for resolver', '504', null, errorInfo);
  }
  util.error('Internal error', '500', null, { code: 'INTERNAL' });
}
