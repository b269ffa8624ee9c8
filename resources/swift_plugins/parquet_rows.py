"""Writes parquet files as JSON lines, which our readers take: the training runtime has pyarrow, the app has not.

``python parquet_rows.py FILE.parquet...`` writes ``FILE.parquet.jsonl`` beside each, under its final name at the end,
and prints ``[rows/total]``.
"""

import json
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq

BATCH = 1000
SECONDS_BETWEEN_LINES = 0.5


def main() -> None:
    """Convert file after file, a batch of rows at a time."""
    paths = [Path(word) for word in sys.argv[1:]]
    total = sum(pq.read_metadata(path).num_rows for path in paths)
    done, shown = 0, 0.0
    for path in paths:
        part = path.with_name(path.name + ".jsonl.part")
        with part.open("w", encoding="utf-8", newline="\n") as out, pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH):
                for row in batch.to_pylist():
                    out.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
                done += len(batch)
                if done == total or time.monotonic() - shown >= SECONDS_BETWEEN_LINES:
                    shown = time.monotonic()
                    print(f"[{done}/{total}]", flush=True)
        part.replace(path.with_name(path.name + ".jsonl"))


if __name__ == "__main__":
    main()
