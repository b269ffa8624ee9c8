"""What evaluate asks, when rows hold what some take for the end of a line."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from core.config.project import TuneProject
from core.config.sections.inputs import DatasetSection, SelfCognitionSection
from core.config.settings import Settings
from core.config.store import with_values
from core.data.prepare import prepare
from core.stages.evaluate import _write_questions
from core.stages.job import Job

LINE_ENDS = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\r\n"
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0{"), max_size=5)
texts = st.tuples(words, st.sampled_from(LINE_ENDS), words).map("".join)


def job(folder: Path, rows: int, prompts: tuple[str, ...] = ()) -> Job:
    """A job whose held-out rows are in ``folder``."""
    project = with_values(
        TuneProject(),
        training={"evaluate_rows": rows},
        ollama={"test_prompts": prompts},
        dataset={"split_dataset_ratio": 0.5, "files": ["a"]},
    )
    by_hand = folder / "prepare_dataset"
    assert (by_hand / "train.jsonl").exists()
    return Job(project, Settings(), folder / "p.tunesmith", by_hand=folder)


def questions(file: Path) -> list[str]:
    """The last question of each row, parted as ms-swift parts lines: at line feeds alone."""
    lines = file.read_bytes().split(b"\n")
    assert lines.pop() == b""
    return [[turn for turn in json.loads(line)["messages"] if turn["role"] == "user"][-1]["content"] for line in lines]


@settings(max_examples=60, deadline=None)
@given(st.lists(texts.filter(str.strip), min_size=2, max_size=8, unique=True), st.integers(1, 4))
def test_any_row_is_asked_whole(asked: list[str], rows: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data.jsonl"
        lines = (json.dumps({"query": text, "response": text}, ensure_ascii=False) + "\n" for text in asked)
        data.write_text("".join(lines), encoding="utf-8", newline="\n")
        section = DatasetSection(files=(str(data),), split_dataset_ratio=0.5)
        own = SelfCognitionSection(samples=0)
        made = prepare(section, own, 1, folder / "prepare_dataset", lambda *_: None)
        assert made.val is not None
        count = _write_questions(job(folder, rows, ("Who\u2028are you?",)), folder / "questions.jsonl")
        *held_out, prompt = questions(folder / "questions.jsonl")
        assert count == len(held_out) + 1
        assert prompt == "Who\u2028are you?"
        assert held_out == questions(made.val)[:rows]
        assert sorted(questions(made.val) + questions(made.train)) == sorted(asked)
