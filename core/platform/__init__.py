"""The only place that knows which operating system this is."""

import sys

LINUX = sys.platform.startswith("linux")
WINDOWS = sys.platform == "win32"
"""For what differs by no more than a name; a difference of behaviour is a function of this package."""
