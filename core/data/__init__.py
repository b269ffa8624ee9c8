"""Datasets: reading files of rows, recognising their format, checking each row, and writing what ms-swift trains on."""
