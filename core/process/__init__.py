"""Commands, and how they are run to their end."""
