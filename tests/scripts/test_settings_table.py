"""The READMEs' table of settings is today's."""

import pytest

from core.config.project import settings
from core.messages import languages
from scripts.settings_table import BEGIN, END, READMES, table, with_table


def test_the_readmes_have_todays_table() -> None:
    assert set(READMES.values()) == set(languages())
    for path, language in READMES.items():
        text = path.read_text(encoding="utf-8")
        assert with_table(text, language) == text, f"{path.name}: run scripts/settings_table.py"


def test_each_setting_has_a_row_with_what_it_declares() -> None:
    text = table("en")
    for _, name, _, info in settings():
        rows = [line for line in text.splitlines() if line.startswith(f"| `{name}` |")]
        assert any(info.help in row and info.label in row and info.flag in row for row in rows), name
    learning_rate = next(line for line in text.splitlines() if "`learning_rate`" in line)
    assert "| `5e-05` | > 0, ≤ 1 | basic | `--learning_rate` |" in learning_rate
    assert "`0`, `4`, `8` (bits)" in text


def test_the_chinese_table_is_chinese() -> None:
    assert "学习率" in table("zh")
    assert "learning rate" not in table("zh").lower().replace("learning_rate", "")


def test_a_readme_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="marks"):
        with_table(f"text {BEGIN} and no end", "en")
    assert with_table(f"before {BEGIN} old {END} after", "en").startswith(f"before {BEGIN}\n\n`[model]`")
