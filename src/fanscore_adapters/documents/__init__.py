"""JSON documents: policies, user events, and what the Lambda proxies are sent and answer."""
