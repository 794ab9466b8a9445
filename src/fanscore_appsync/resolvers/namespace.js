// The resolver of a field that only groups others: an empty object, without calling anybody.
export function request() {
  return { payload: {} };
}

export function response(ctx) {
  return ctx.result;
}
