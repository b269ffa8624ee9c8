"""Measures dataset rows as ``swift sft`` sees them, without loading weights.

``python measure_rows.py FILE... --model DIR --model_type T --template T --max_length N --out lengths.jsonl``

For each row of the jsonl files one line: ``{"file": ..., "row": 1, "tokens": 25, "labels": 9}``, where ``row`` is the
line's number from 1, ``tokens`` the whole length, and ``labels`` how many tokens are trained on (after the cut, if a
longer row shall be cut), or ``{"file": ..., "row": 2, "error": ...}`` for a row that ms-swift would drop. Prints
``[rows/total]``.
"""

import argparse
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swift.dataset import MessagesPreprocessor
from swift.model import get_processor
from swift.template import Template, get_template
from swift.utils import get_logger

SECONDS_BETWEEN_LINES = 0.5


def main() -> None:
    """Read the arguments, measure all rows, write the results under their final name at the end."""
    arguments = parse_arguments()
    get_logger().setLevel(logging.ERROR)
    template = build_template(arguments)
    total = sum(1 for path in arguments.files for _ in read_rows(path))  # counted, not kept: there may be millions
    part = arguments.out.with_name(arguments.out.name + ".part")
    with part.open("w", encoding="utf-8", newline="\n") as out:
        shown = 0.0
        rows = (row for path in arguments.files for row in read_rows(path))
        for count, (path, number, line) in enumerate(rows, 1):
            result = measure(template, line, arguments.max_length)
            out.write(json.dumps({"file": str(path), "row": number, **result}, ensure_ascii=False) + "\n")
            if count == total or time.monotonic() - shown >= SECONDS_BETWEEN_LINES:
                shown = time.monotonic()
                print(f"[{count}/{total}]", flush=True)
    part.replace(arguments.out)


def parse_arguments() -> argparse.Namespace:
    """The command line; flags are named as ms-swift's."""
    parser = argparse.ArgumentParser(description="Measure dataset rows as ms-swift does.")
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--model", required=True)
    parser.add_argument("--model_type", required=True)
    parser.add_argument("--template", required=True)
    parser.add_argument("--max_length", type=int, required=True)
    parser.add_argument("--truncation_strategy", choices=("delete", "left", "right"), default="delete")
    parser.add_argument("--system")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def build_template(arguments: argparse.Namespace) -> Template:
    """ms-swift's own template in train mode, as ``swift sft`` would make it."""
    processor = get_processor(arguments.model, model_type=arguments.model_type, download_model=False)
    strategy = "raise" if arguments.truncation_strategy == "delete" else arguments.truncation_strategy
    template = get_template(
        processor, template_type=arguments.template, default_system=arguments.system, truncation_strategy=strategy
    )
    template.set_mode("train")
    return template


def read_rows(path: Path) -> Iterator[tuple[Path, int, str]]:
    """The lines of a jsonl file with their numbers; empty lines are no rows."""
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield path, number, line


def measure(template: Template, line: str, max_length: int) -> dict[str, Any]:
    """Tokens and trained tokens of one row, or why ms-swift would drop it."""
    try:
        row = json.loads(line)
        checked = MessagesPreprocessor().batched_preprocess(
            {key: [value] for key, value in row.items()}, strict=True, ignore_max_length_error=False
        )
        messages = {"messages": checked["messages"][0]}
        template.max_length = None
        encoded = template.encode(messages)
        tokens = len(encoded["input_ids"])
        if tokens > max_length and template.truncation_strategy != "raise":
            template.max_length = max_length
            encoded = template.encode(messages)
    except Exception as error:  # noqa: BLE001 - ms-swift drops a row at any exception
        return {"error": f"{type(error).__name__}: {error}"}
    return {"tokens": tokens, "labels": sum(label != -100 for label in encoded["labels"])}


if __name__ == "__main__":
    main()
