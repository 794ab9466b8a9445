"""Who calls the local gateway: tokens, keys of API keys, their rates."""
