"""The service: authenticates, bounds, decodes, remembers, scores, decides and publishes."""
