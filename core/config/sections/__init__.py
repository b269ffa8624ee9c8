"""The sections of a project, each setting declared once."""
