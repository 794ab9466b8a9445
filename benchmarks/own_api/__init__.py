"""An API of one's own against the ordinary way: ``make bench-own-api``.

The two fields of examples/presale, here and with Powertools' resolver and boto3
(docs/explanation/side-by-side.md).
"""
