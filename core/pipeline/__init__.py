"""Plans a run, runs it stage by stage, and journals it."""
