import pytest

from core.events import NamedRow, Value
from core.messages import AREAS, MESSAGES, Text, choose_language, cure, duration, label, languages, sentence, size


def test_a_sentence_in_both_languages() -> None:
    values: dict[str, Value] = {"stage": "train", "needed": 12_300_000_000, "free": 999, "path": "D:\\t"}
    assert sentence("disk_space", values, "en") == "The disk is too full: 12.3 GB are needed, 999 B are free at D:\\t"
    assert sentence("disk_space", values, "zh") == "磁盘空间不足：需要 12.3 GB，D:\\t 只剩 999 B"
    assert cure("disk_space", values, "zh").startswith("请")


def test_what_is_missing_or_odd_shows_and_never_raises() -> None:
    assert sentence("disk_space", {}, "en") == "The disk is too full: ? are needed, ? are free at ?"
    assert sentence("disk_space", {"needed": "4 GB", "free": None, "path": "{x} {0}"}, "en").endswith(
        "? are free at {x} {0}"
    )
    assert sentence("no_such_code", {}, "zh") == "no_such_code"
    assert cure("no_such_code", {}, "en") == ""
    assert cure("checkpoint_saved", {"step": 3}, "zh") == ""


def test_rows_stand_one_below_the_other_with_their_reasons() -> None:
    rows = (
        NamedRow(file="问.jsonl", line=2, code="answer_empty"),
        NamedRow(file="", line=0, code="row_too_long", values={"question": "Who?", "tokens": 30, "limit": 16}),
        NamedRow(file="a.csv", line=3, code="of a newer version"),
    )
    values: dict[str, Value] = {"count": 3, "first": rows, "report": "r"}
    assert sentence("dataset_bad_rows", values, "en").splitlines() == [
        "3 rows of the dataset cannot be used. The first:",
        "  问.jsonl:2: The answer is empty.",
        "  A row about the model's name and author (“Who?”): 30 tokens, with 16 allowed.",
        "  a.csv:3: of a newer version",
    ]
    assert sentence("dataset_bad_rows", values, "zh").splitlines()[1] == "  问.jsonl:2：回答为空。"


def test_each_code_stands_in_one_area_only() -> None:
    assert sum(len(area.MESSAGES) for area in AREAS) == len(MESSAGES)


@pytest.mark.parametrize("language", languages())
def test_each_sentence_can_be_filled(language: str) -> None:
    spoken = choose_language(language)
    for code in MESSAGES:
        assert sentence(code, {}, spoken)
        cure(code, {}, spoken)


@pytest.mark.parametrize("text", [text for text in MESSAGES.values() if text.cure], ids=lambda text: text.sentence[:30])
def test_the_tone(text: Text) -> None:
    for part in (text.sentence, text.cure):
        for spoken in (part, label(part, "zh")):
            assert "!" not in spoken
            assert "！" not in spoken


def test_labels() -> None:
    assert label("LoRA rank", "zh") == "LoRA 秩"
    assert label("LoRA rank", "en") == "LoRA rank"
    assert label("", "zh") == ""
    assert label("tokens", "zh") == "词元"


@pytest.mark.parametrize(
    ("preferred", "system", "environment", "language"),
    [
        ("zh", None, {"LANG": "en_US.UTF-8"}, "zh"),
        ("en", "zh-CN", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("auto", None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, None, {"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        (None, None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, "zh-Hans-CN", {}, "zh"),
        (None, "Chinese (Simplified)_China.936", {}, "zh"),
        ("xx", "zh-CN", {}, "en"),
    ],
)
def test_the_language(preferred: str | None, system: str | None, environment: dict[str, str], language: str) -> None:
    assert choose_language(preferred, system, environment) == language


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_050_000, "1.1 MB"),
        (99_960_000, "100 MB"),
        (4.2e9, "4.2 GB"),
        (5e15, "5000 TB"),
    ],
)
def test_sizes(count: float, shown: str) -> None:
    assert size(count) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0.4, "0:00"), (42, "0:42"), (725, "12:05"), (3723, "1:02:03")])
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
