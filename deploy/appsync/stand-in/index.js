// What the resolvers use of AppSync's runtime.

export class ResolverError extends Error {
  constructor(message, errorType, data, errorInfo) {
    super(message);
    this.shown = { message, errorType, data, errorInfo };
  }
}

export const util = {
  error(message, errorType, data, errorInfo) {
    throw new ResolverError(message, errorType, data, errorInfo);
  },
};
