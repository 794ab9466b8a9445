"""The engine: questions, steps, pipelines, and the rounds in which they run."""
