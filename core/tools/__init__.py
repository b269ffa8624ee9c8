"""One file for each outside tool: find it, tell its version, install it, and make its commands."""
