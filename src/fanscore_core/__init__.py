"""Pure rules of fanscore: pipelines, questions, scoring. No I/O, clock or randomness."""
