"""The two ways to write the fields of examples/presale: both give the same answers."""
