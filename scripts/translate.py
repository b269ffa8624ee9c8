"""Brings the translations up to date: collects the marked texts, merges them into each ``.po``, compiles the ``.mo``.

``--check`` changes nothing and exits 1 where something is untranslated, fuzzy, obsolete, or a file is not up to date.
Marked are: ``Text(sentence, cure)``, label, help and unit of ``setting(...)``, and ``N_("...")`` and ``_("...")``.
"""

import argparse
import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("core", "gui")
LOCALE = ROOT / "resources" / "locale"
DOMAIN = "tunesmith"
MARKS: dict[str, tuple[int, ...]] = {"Text": (0, 1), "setting": (1, 2), "N_": (0,), "_": (0,)}
"""Functions, and which of their arguments are texts."""
NAMED = {"setting": ("unit",)}


class PlainCatalog(Catalog):
    """A catalogue whose header says only what readers need: no dates, no names of people or machines."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The lines of the header."""
        return [
            ("Project-Id-Version", DOMAIN),
            ("Language", str(self.locale_identifier)),
            ("Plural-Forms", "nplurals=1; plural=0;"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


def marked(source: str) -> Iterator[str]:
    """The marked texts of a Python source, in the order of its lines."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        arguments = [call.args[place] for place in MARKS.get(name, ()) if place < len(call.args)]
        arguments += [word.value for word in call.keywords if word.arg in NAMED.get(name, ())]
        for argument in arguments:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
                yield argument.value


def template(root: Path = ROOT) -> Catalog:
    """All marked texts, each with the files that it stands in."""
    catalog = Catalog()
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*.py")):
            for text in marked(path.read_text(encoding="utf-8")):
                catalog.add(text, locations=[(path.relative_to(root).as_posix(), 0)])
    return catalog


def merged(po: Path, language: str, marks: Catalog) -> Catalog:
    """A language's catalogue with today's texts; changed ones are fuzzy, vanished ones obsolete."""
    catalog = PlainCatalog(locale=language, domain=DOMAIN, fuzzy=False, header_comment="# Tunesmith's texts.")
    if po.exists():
        with po.open("rb") as file:
            old = read_po(file, locale=language, domain=DOMAIN)
        for message in old:
            if message.id:
                catalog.add(message.id, message.string, flags=message.flags)
        catalog.obsolete.update(old.obsolete)
    catalog.update(marks)
    return catalog


def po_bytes(catalog: Catalog) -> bytes:
    """The ``.po`` file."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120, sort_by_file=True, include_lineno=False)
    return buffer.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """The ``.mo`` file; fuzzy texts are left out."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def faults(catalog: Catalog) -> Iterator[str]:
    """What keeps a translation from being whole."""
    for message in catalog:
        if message.id and message.fuzzy:
            yield f"fuzzy: {message.id}"
        elif message.id and not message.string:
            yield f"untranslated: {message.id}"
    yield from (f"obsolete: {key}" for key in catalog.obsolete)


def main() -> int:
    """Update, or with ``--check`` only look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    marks, found = template(), list[str]()
    for po in sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        catalog = merged(po, po.parent.parent.name, marks)
        found += faults(catalog)
        for path, content in ((po, po_bytes(catalog)), (po.with_suffix(".mo"), mo_bytes(catalog))):
            current = path.read_bytes() if path.exists() else b""
            if check and current != content:
                found.append(f"not up to date: {path.relative_to(ROOT).as_posix()}")
            elif not check:
                path.write_bytes(content)
    print("\n".join(found) or "translations are whole")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
