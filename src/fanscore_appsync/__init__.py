"""fanscore as AppSync direct Lambda resolvers."""
