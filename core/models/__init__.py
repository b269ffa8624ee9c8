"""Models: reading a folder, the chat template, the family table, forecasts of memory and disk."""
