"""`token`: the user's token for a hub goes into the system's keyring; it is typed or piped, never an argument."""

import argparse
import getpass
import sys

from core.cli.console import Console
from core.messages import N_, label
from core.tools.hub.token import keep, remove


def token(args: argparse.Namespace, console: Console) -> int:
    """Keep or remove a token; returns the exit code."""
    if args.action == "remove":
        remove(args.hub)
        console.message("token_removed", {"hub": args.hub})
        return 0
    secret = _secret(console).strip()
    if not secret or not secret.isascii() or any(sign.isspace() for sign in secret):
        console.error("token_invalid", {"hub": args.hub})
        return 2
    keep(args.hub, secret)
    console.message("token_kept", {"hub": args.hub})
    return 0


def _secret(console: Console) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(label(N_("Token (it is not shown): "), console.language))
    return sys.stdin.readline()
