"""Tunesmith's core: everything that works without a window."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("tunesmith")
except PackageNotFoundError:  # a frozen program carries no metadata unless told to
    __version__ = "0.1.0"
