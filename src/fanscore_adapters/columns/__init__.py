"""Findings as columns: policies as SQL, and Parquet through DuckDB (``fanscore[columns]``)."""
