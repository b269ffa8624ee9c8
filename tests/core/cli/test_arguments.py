"""Words of the command line itself: help, version, language, and what nobody foresaw."""

from pathlib import Path

import pytest

from core import __version__
from core.cli.console import Console
from core.cli.main import HELP
from tests.core.cli.conftest import Home, english

USER_COMMANDS = sorted(HELP)


def test_version(home: Home) -> None:
    said = home("--version")
    assert (said.code, said.out) == (0, f"tunesmith {__version__}\n")


def test_help_names_every_command(home: Home) -> None:
    said = home("--help")
    assert said.code == 0
    for name, text in HELP.items():
        assert f"\n    {name} " in said.out
        assert text.split()[0] in said.out


@pytest.mark.parametrize("command", ["", *USER_COMMANDS])
def test_help_in_chinese_has_no_english_left(home: Home, command: str) -> None:
    said = home("--lang", "zh", *filter(None, [command]), "--help")
    assert said.code == 0
    assert said.out.startswith("用法：")
    body = said.out[said.out.index("\n\n") :]  # after the usage, which is made of names
    assert english(body) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "缺少必需的参数：COMMAND"),
        (("run",), "缺少必需的参数：project"),
        (("fly",), "不能是 'fly'"),
        (("run", "x", "--fast"), "无法识别的参数：--fast"),
        (("run", "x", "--from"), "需要一个值"),
        (("run", "x", "--json=3"), "不接受值 '3'"),
        (("runtime", "polish"), "不能是 'polish'"),
    ],
)
def test_wrong_arguments_are_named_in_chinese(home: Home, words: tuple[str, ...], sentence: str) -> None:
    said = home("--lang", "zh", *words)
    assert said.code == 2
    assert said.err.startswith("用法：")
    assert sentence in said.err
    assert "错误：" in said.err
    assert said.out == ""


def test_argparse_speaks_english_again_afterwards(home: Home) -> None:
    home("--lang", "zh", "--help")
    assert home("--lang", "en").err.startswith("usage: tunesmith")


@pytest.mark.parametrize(("words", "answer"), [(("--lang=zh",), "没有"), (("--lang", "en"), "There is no")])
def test_the_language_may_stand_before_or_after_the_command(home: Home, words: tuple[str, ...], answer: str) -> None:
    assert answer in home(*words, "check", "nothing.tunesmith").err
    assert answer in home("check", "nothing.tunesmith", *words).err


def test_a_language_that_is_not_spoken_is_refused(home: Home) -> None:
    assert home("--lang", "fr", "doctor").code == 2
    assert home("--lan", "zh", "doctor").code == 2  # an abbreviation would be taken, but not in that language


def test_the_settings_choose_the_language_and_the_locale_else(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "没有" in home("check", "nothing.tunesmith").err
    (home.folder / "config" / "settings.toml").write_text('language = "en"', encoding="utf-8")
    assert "There is no" in home("check", "nothing.tunesmith").err


@pytest.mark.parametrize("text", ["language = 3", "work_dir = [", "x = " + "9" * 5000, "[runtime]\nprofil = 'cpu'"])
def test_broken_settings_are_explained(home: Home, text: str) -> None:
    file = home.folder / "config" / "settings.toml"
    file.write_text(text, encoding="utf-8")
    said = home("check", "nothing.tunesmith")
    assert said.code == 2
    assert str(file) in said.err
    assert "→" in said.err
    assert "设置文件" in home("check", "nothing.tunesmith", "--lang", "zh").err
    assert home("--help").code == 0


def test_broken_settings_name_the_setting(home: Home) -> None:
    (home.folder / "config" / "settings.toml").write_text("[runtime]\nprofil = 'cpu'", encoding="utf-8")
    assert "runtime.profil" in home("doctor").err


def test_settings_that_cannot_be_read_are_explained(home: Home) -> None:
    file = home.folder / "config" / "settings.toml"
    file.unlink()
    file.mkdir()
    said = home("check", "nothing.tunesmith")
    assert said.code == 1
    assert str(file) in said.err


def test_a_mistake_of_ours_goes_to_a_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("core.cli.project_commands.call", wrong)
    log = home.folder / "config" / "crash.log"
    with pytest.raises(AssertionError):  # the fixture's own: a crash log appeared
        home("check", "x")
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")


def test_a_mistake_of_ours_where_no_file_can_be_written(
    capsys: pytest.CaptureFixture[str], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("core.cli.project_commands.call", wrong)
    (home.folder / "file").touch()
    log = home.folder / "file" / "crash.log"  # below a file
    monkeypatch.setenv("TUNESMITH_CONFIG", str(log.parent))
    assert home("check", "x").code == 1
    monkeypatch.setenv("TUNESMITH_CONFIG", str(home.folder / "other"))
    from core.cli import main

    assert main(["check", "x"]) == 1
    assert str(home.folder / "other" / "crash.log") in capsys.readouterr().err


def test_signs_of_markup_and_emoji_are_printed_as_they_are(home: Home) -> None:
    path = Path(":fire:[red]\\[/].tunesmith")
    assert str(path) in home("check", path).err


def test_windows_paths_with_brackets_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    path = "C:\\[models]\\[\\"
    Console("en").line(path)
    Console("en").table(["path"], [[path]])
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == [path, "path", path]
