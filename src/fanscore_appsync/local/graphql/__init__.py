"""GraphQL as AppSync runs it: parsing, limits, directives, resolvers."""
