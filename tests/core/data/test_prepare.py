import json
from collections import Counter
from pathlib import Path

import pytest

from core.config.sections.inputs import DatasetSection, SelfCognitionSection
from core.data.prepare import REPORT, Prepared, prepare
from core.events import StageError, Stopped
from core.messages import sentence

NOBODY = SelfCognitionSection(samples=0)
SAMGE = SelfCognitionSection(
    samples=20, model_name_zh="山姆模型", model_name_en="Samge Model", author_zh="山姆", author_en="Samge"
)


def write(path: Path, *answers: str) -> str:
    rows = [{"query": f"问 {number}", "response": answer} for number, answer in enumerate(answers)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def run(
    folder: Path, *files: str, about: SelfCognitionSection = NOBODY, seed: int = 42, **settings: object
) -> Prepared:
    section = DatasetSection.model_validate({"files": files, **settings})
    return prepare(section, about, seed, folder / "out", lambda done, total: None)


def answers(path: Path | None) -> list[str]:
    assert path is not None
    return [json.loads(line)["messages"][-1]["content"] for line in path.read_text(encoding="utf-8").splitlines()]


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "out").iterdir())


def test_rows_are_parted_into_train_and_val_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", *(f"答 {number}" for number in range(200)))
    done = run(tmp_path, file, split_dataset_ratio=0.1)
    assert left(tmp_path) == ["train.jsonl", "val.jsonl"]
    train, val = answers(done.train), answers(done.val)
    assert (len(train), len(val)) == (180, 20)
    assert sorted(train + val) == sorted(f"答 {number}" for number in range(200))
    assert train != sorted(train, key=lambda text: int(text[2:]))  # shuffled


def test_lines_are_what_ms_swift_reads(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"instruction": "你", "output": "好\\u2028", "system": "S", "id": 3}\n', encoding="utf-8")
    assert run(tmp_path, str(file)).train.read_bytes().decode() == (
        '{"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "你"}, '
        '{"role": "assistant", "content": "好\u2028"}]}\n'
    )


def test_the_seed_decides_and_repeats(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", *map(str, range(100)))
    first, again, other = (
        (answers(done.train), answers(done.val))
        for done in (run(tmp_path, f"{file}#50", seed=seed, split_dataset_ratio=0.2) for seed in (1, 1, 2))
    )
    assert first == again
    assert first[0] != other[0]
    assert sorted(first[1]) != sorted(other[1])


def test_rows_about_itself_do_not_move_the_split(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", *map(str, range(100)))
    held_out = answers(run(tmp_path, file, split_dataset_ratio=0.1).val)
    done = run(tmp_path, file, about=SAMGE, split_dataset_ratio=0.1)
    assert answers(done.val) == held_out
    own = [number for number in done.numbers[done.train] if done.origins.is_own(number)]
    assert (len(answers(done.train)), len(own), len(set(own))) == (110, 20, 20)
    assert sum("Samge" in text or "山姆" in text for text in answers(done.train)) >= 18


def test_several_files_each_with_its_count(tmp_path: Path) -> None:
    few = write(tmp_path / "few#1.jsonl", "x", "y")
    many = write(tmp_path / "many.jsonl", *["z"] * 50)
    done = run(tmp_path, f"{few}#11", f"{many}#20", split_dataset_ratio=0.0)
    counts = Counter(answers(done.train))
    assert counts["z"] == 20
    assert sorted((counts["x"], counts["y"])) == [5, 6]
    assert done.val is None


def test_validation_files_take_the_place_of_the_split(tmp_path: Path) -> None:
    train, val = write(tmp_path / "a.jsonl", *"abc"), write(tmp_path / "b.jsonl", *"xyz")
    done = run(tmp_path, train, val_files=(f"{val}#2",), split_dataset_ratio=0.5)
    assert sorted(answers(done.train)) == ["a", "b", "c"]
    assert len(answers(done.val)) == 2
    assert set(answers(done.val)) < set("xyz")


def test_bad_rows_stop_it_and_are_named(tmp_path: Path) -> None:
    run(tmp_path, write(tmp_path / "good.jsonl", *"abc"))
    file = write(tmp_path / "a.jsonl", "a", "", "c", "{{NAME}}")
    with pytest.raises(StageError) as caught:
        run(tmp_path, file)
    assert caught.value.code == "dataset_bad_rows"
    assert caught.value.values["count"] == 2
    told = sentence(caught.value.code, caught.value.values, "en")
    assert told.splitlines()[1:] == [
        "  a.jsonl:2: The answer is empty.",
        "  a.jsonl:4: The placeholder {{NAME}} was not filled in.",
    ]
    assert "a.jsonl:2：回答为空。" in sentence(caught.value.code, caught.value.values, "zh")
    assert left(tmp_path) == [REPORT]  # no train.jsonl of the earlier, good run
    report = [json.loads(line) for line in Path(str(caught.value.values["report"])).read_text("utf-8").splitlines()]
    assert report[0] == {
        "file": file,
        "line": 2,
        "reason": "answer_empty",
        "excerpt": '{"query": "问 1", "response": ""}',
    }
    assert (report[1]["line"], report[1]["placeholder"]) == (4, "{{NAME}}")


def test_bad_rows_are_dropped_on_request_and_told(tmp_path: Path) -> None:
    done = run(tmp_path, write(tmp_path / "a.jsonl", "a", "", "c"), on_bad_rows="drop", split_dataset_ratio=0.0)
    assert sorted(answers(done.train)) == ["a", "c"]
    assert done.summary.bad["answer_empty"].first == ["a.jsonl:2"]
    assert left(tmp_path) == [REPORT, "train.jsonl"]


def test_half_a_surrogate_pair_in_a_bad_row_can_be_reported(tmp_path: Path) -> None:
    done = run(tmp_path, write(tmp_path / "a.jsonl", "a", "\ud83d"), on_bad_rows="drop")
    assert list(done.summary.bad) == ["invalid_unicode"]


def test_nothing_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="dataset_empty"):
        run(tmp_path, write(tmp_path / "a.jsonl", "", ""), on_bad_rows="drop")
    assert left(tmp_path) == [REPORT]
    with pytest.raises(StageError, match="dataset_empty"):
        run(tmp_path)


def test_rows_about_itself_alone_are_enough(tmp_path: Path) -> None:
    assert len(answers(run(tmp_path, about=SAMGE).train)) == 20


def test_names_are_checked_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="self_cognition_empty"):
        run(tmp_path, str(tmp_path / "none.jsonl"), about=SelfCognitionSection(samples=1))


def test_progress_counts_reading_then_writing_and_a_stop_leaves_no_file(tmp_path: Path) -> None:
    section = DatasetSection(files=(write(tmp_path / "a.jsonl", *["x"] * 2500),), split_dataset_ratio=0.5)
    told: list[tuple[int, int | None]] = []
    prepare(section, NOBODY, 1, tmp_path / "out", lambda done, total: told.append((done, total)))
    assert told == [(1000, None), (2000, None), (1000, 2500), (2250, 2500), (2500, 2500)]

    def stop(done: int, total: int | None) -> None:
        if total:
            raise Stopped

    with pytest.raises(Stopped):
        prepare(section, NOBODY, 1, tmp_path / "out", stop)
    assert left(tmp_path) == []
