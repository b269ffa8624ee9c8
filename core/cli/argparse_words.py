"""argparse's own words in our catalogue, since the standard library speaks English only."""

import argparse
import contextlib
from collections.abc import Iterator
from functools import partial

from core.messages import N_, Language, label

WORDS = (
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("show program's version number and exit"),
    N_("%(prog)s: error: %(message)s\n"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("expected one argument"),
    N_("ignored explicit argument %r"),
)
"""What a user of ours can meet; a Python that words one of them anew shows it in English."""


@contextlib.contextmanager
def spoken(language: Language) -> Iterator[None]:
    """While a parser is made and used, argparse looks its words up in our catalogue."""
    names = vars(argparse)
    before = names["_"]
    names["_"] = partial(label, language=language)
    try:
        yield
    finally:
        names["_"] = before
