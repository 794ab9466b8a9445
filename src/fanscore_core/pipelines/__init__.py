"""The pipelines, one module for each field of the API."""
