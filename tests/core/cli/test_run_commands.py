"""run, status and stop: with a real runner, and a fake interpreter that fails at once where ms-swift would work."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.cli.console import Console
from core.cli.run_commands import follow
from core.config.project import TuneProject
from core.config.settings import Settings
from core.events import ADAPTER, SCHEMA, ChildStarted, RunFinished, RunStarted, StageFailed, StageSkipped
from core.pipeline import journal, launch
from core.pipeline.launch import RunRequest
from core.platform.detached import start_detached
from tests.core.cli.conftest import Home, english
from tests.core.conftest import fill

fake = pytest.mark.skipif(sys.platform == "win32", reason="the fake interpreter is a shell script")


@contextmanager
def running_elsewhere(runs: Path, run_id: str = "20250102-030405-000-abcd") -> Iterator[int]:
    """Another process that holds the project's lock, as a runner does; its pid."""
    (runs / run_id).mkdir(parents=True)
    code = (
        "import sys; from pathlib import Path; from core.pipeline.lock import hold\n"
        "with hold(Path(sys.argv[1]), sys.argv[2]):\n    print('held', flush=True); sys.stdin.read()"
    )
    argv = [sys.executable, "-c", code, str(runs), run_id]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"held"
        yield process.pid
        process.kill()


def write_journal(runs: Path, *events: dict[str, Any], run_id: str = "20250102-030405-000-abcd") -> None:
    folder = runs / run_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / journal.EVENTS).write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")


def started(**changes: object) -> dict[str, Any]:
    run = {"run_id": "x", "project": "x", "stages": ["train"], "pid": 1, "create_time": 0.0, "version": "0"}
    return {"type": "run_started", **run, **changes}


@fake
def test_a_run_that_fails(home: Home) -> None:
    """From run to status to run again: exit code, sentence, log, journal, and nothing under a final name."""
    path = home.project()
    said = home("run", path)
    assert said.code == 1
    assert "[up to date]" not in said.out
    assert "[done] Get the base model (fetch_model)" in said.out
    assert "MemoryError" not in said.text  # it was understood
    assert "ran out of main memory" in said.err
    assert "→" in said.err

    (run,) = (folder for folder in (home.folder / "项目.runs").iterdir() if folder.is_dir())
    log = run / "logs" / "prepare_dataset.log"
    assert str(log) in said.out
    assert "MemoryError" in log.read_text(encoding="utf-8")
    events = list(journal.read(run))
    assert isinstance(events[0], RunStarted)
    (failed,) = [event for event in events if isinstance(event, StageFailed)]
    assert (failed.stage, failed.code) == ("prepare_dataset", "host_out_of_memory")
    assert any(isinstance(event, ChildStarted) for event in events)
    assert isinstance(events[-1], RunFinished)
    assert (run / "runner.log").read_text(encoding="utf-8") == ""
    made = [folder.name for folder in (home.folder / "项目.artifacts" / "prepare_dataset").iterdir()]
    assert all(name.endswith(".part") for name in made)

    state = home("status", path)
    assert state.code == 0
    assert "ran out of main memory" in state.out
    assert f"Run {run.name}: failed" in state.out
    assert english(home("status", path, "--lang", "zh").out, "fetch_model", "prepare_dataset", run.name) == []
    as_json = home("status", path, "--json").json
    assert (as_json["run"], as_json["state"]) == (run.name, "failed")
    assert as_json["stages"]["prepare_dataset"]["code"] == "host_out_of_memory"
    assert as_json["stages"]["prepare_dataset"]["log"] == str(log)
    assert as_json["stages"]["fetch_model"]["state"] == "done"

    again = home("run", path, "--json")
    assert again.code == 1
    events = [ADAPTER.validate_json(line) for line in again.out.splitlines()]
    assert any(isinstance(event, StageSkipped) and event.stage == "fetch_model" for event in events)
    assert home("status", path, "--json").json["run"] != run.name
    assert [row["state"] for row in home("plan", path, "--json").json["stages"]][:2] == ["up_to_date", "waiting"]


@fake
@pytest.mark.parametrize(
    "content", ["#!/no/such/interpreter\n", "no program at all", "#!/bin/sh\nexit 3", "#!/bin/sh\necho 1"]
)
def test_an_interpreter_that_cannot_be_used(home: Home, content: str) -> None:
    python = home.folder / "python"
    python.write_text(content, encoding="utf-8")
    python.chmod(0o755 if content.startswith("#!") else 0o644)
    home.settings(python)
    path = home.project()
    assert home.problems(path) == {"runtime.python": "runtime_python_broken"}
    assert str(python) in home("run", path).err


@fake
@pytest.mark.parametrize(("last", "answer"), [("check", []), ("_known_stages", True)])
def test_an_interpreter_that_broke_after(
    home: Home, monkeypatch: pytest.MonkeyPatch, last: str, answer: list[str] | bool
) -> None:
    """Of the plan, or, after all that `run` itself looks at, of the runner."""
    path = home.project()
    python = home.folder / "fake_python"

    def breaks(*_: object) -> list[str] | bool:
        python.write_text("#!/no/such/interpreter\n", encoding="utf-8")
        return answer

    monkeypatch.setattr(f"core.cli.run_commands.{last}", breaks)
    said = home("run", path)
    assert said.code == 1
    assert str(python) in said.err
    assert "does not answer" in said.err
    assert "→" in said.err
    assert (home.folder / "项目.runs").exists() == (last == "_known_stages")


def test_an_interpreter_that_is_not_there(home: Home) -> None:
    home.settings(home.folder / "nothing")
    path = home.project()
    assert home.problems(path) == {"runtime.python": "runtime_python_missing"}
    assert home("run", path).code == 2


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        (("--from", "fly"), "fly"),
        (("--until", "training"), "training"),
        (("--from", "create_ollama"), "create_ollama"),  # this project names no model
        (("--until", "push_ollama"), "push_ollama"),
    ],
)
def test_a_stage_that_the_run_does_not_have(home: Home, words: tuple[str, ...], stage: str) -> None:
    path = home.project()
    said = home("run", path, *words)
    assert said.code == 2
    assert stage in said.err
    assert "prepare_dataset" in said.err
    names = "fetch_model, prepare_dataset, train, evaluate, merge, build_llama_cpp, convert, quantize"
    assert english(home("run", path, *words, "--lang", "zh").text, names, stage) == []
    assert not (home.folder / "项目.runs").exists()


def test_stages_the_wrong_way_round(home: Home) -> None:
    path = home.project()
    words = ("run", path, "--from", "merge", "--until", "train")
    said = home(*words)
    assert said.code == 2
    assert "train comes before merge" in said.err
    assert english(home(*words, "--lang", "zh").text, "merge", "train") == []
    assert not (home.folder / "项目.runs").exists()


@fake
def test_fresh_makes_again_what_is_up_to_date(home: Home) -> None:
    path = home.project()
    home("run", path, "--until", "fetch_model")
    assert "[up to date] Get the base model" in home("run", path, "--until", "fetch_model").out
    assert "[done] Get the base model" in home("run", path, "--until", "fetch_model", "--fresh").out
    assert "[done] Get the base model" in home("run", path, "--until", "fetch_model", "--from", "fetch_model").out


@fake
def test_a_project_that_was_moved(home: Home) -> None:
    """With its model and rows, as a folder: what was made stands, and the last run is still known."""
    before = home.folder / "before"
    before.mkdir()
    path = home.project(model={"model": "模型"}, dataset={"files": ["rows.jsonl"]})
    for name in (path.name, "模型", "rows.jsonl"):
        (home.folder / name).rename(before / name)
    assert "[done] Get the base model" in home("run", before / path.name).out
    after = home.folder / "after 移"
    before.rename(after)
    shown = home("status", after / path.name, "--json").json["stages"]["prepare_dataset"]
    assert Path(shown["log"]).is_file()
    states = home("plan", after / path.name, "--json").json["stages"]
    assert [row["state"] for row in states[:2]] == ["up_to_date", "waiting"]
    said = home("run", after / path.name)
    assert "[up to date] Get the base model" in said.out
    assert "ran out of main memory" in said.err  # where every run of this home ends


@fake
def test_a_project_file_that_was_renamed(home: Home) -> None:
    path = home.project("old.tunesmith")
    home("run", path, "--until", "fetch_model")
    new = path.rename(home.folder / "new.tunesmith")
    said = home("run", new, "--until", "fetch_model")
    assert "old.artifacts belongs to no project file" in said.out
    assert "→ To go on" in said.out
    shutil.rmtree(home.folder / "new.artifacts")
    shutil.rmtree(home.folder / "new.runs")
    for kind in ("artifacts", "runs"):
        (home.folder / f"old.{kind}").rename(home.folder / f"new.{kind}")
    said = home("run", new, "--until", "fetch_model")
    assert "[up to date] Get the base model" in said.out
    assert "belongs to no project" not in said.out
    (home.folder / "other.artifacts").mkdir()
    third = home.project("third.tunesmith")
    given = ("other.artifacts", "other.runs", "other", "third.artifacts", "third.runs", "third")
    assert english(home("run", third, "--until", "fetch_model", "--lang", "zh").text, "fetch_model", *given) == []


def test_until_push_without_push(home: Home) -> None:
    """The stage is wanted, but the plan has it only where a push is asked for."""
    said = home("run", home.project(ollama={"name": "me/it"}), "--until", "push_ollama")
    assert said.code == 2
    assert "no stage push_ollama" in said.err


def test_already_running(home: Home) -> None:
    path = home.project()
    with running_elsewhere(home.folder / "项目.runs") as pid:
        said = home("run", path)
        assert said.code == 3
        assert f"(process {pid})" in said.err
        zh = home("run", path, "--lang", "zh")
        assert str(pid) in zh.err
        assert english(zh.err) == []
        assert said.out == ""
        runs = home.folder / "项目.runs"
        write_journal(runs, started(), {"type": "stage_started", "stage": "train", "fingerprint": "0"})
        assert home("status", path, "--json").json["stages"] == {"train": {"state": "running"}}
    assert "interrupted" in home("status", path).out


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_stop_asks_the_run_that_works(home: Home) -> None:
    path = home.project()
    runs = home.folder / "项目.runs"
    with running_elsewhere(runs, "20250101-000000-000-abcd"):
        write_journal(runs, started(), run_id="20250102-000000-000-abcd")  # a later one that was refused
        link = home.folder / "link.tunesmith"
        link.symlink_to(path)
        assert home("stop", link).code == 0
        stop = runs / "20250101-000000-000-abcd" / "stop"
        assert stop.read_text(encoding="utf-8") == "stop"
        said = home("stop", path, "--now", "--lang", "zh")
        assert english(said.text) == []
        assert stop.read_text(encoding="utf-8") == "now"


def test_status_and_stop_without_a_run(home: Home) -> None:
    path = home.project()
    for command in ("status", "stop"):
        said = home(command, path)
        assert (said.code, said.err) == (0, "")
        assert "not" in said.out
        zh = home(command, path, "--lang", "zh")
        assert english(zh.out) == []
        assert zh.out != said.out
    assert home("status", path, "--json").json == {"run": None, "state": None, "stages": {}}
    assert not (home.folder / "项目.runs").exists()


@pytest.mark.parametrize("command", ["status", "stop"])
def test_status_and_stop_without_a_project(home: Home, command: str) -> None:
    said = home(command, home.folder / "mistyped.tunesmith")
    assert said.code == 2
    assert "mistyped.tunesmith" in said.err


def test_status_of_a_project_that_was_broken_meanwhile(home: Home) -> None:
    path = home.project()
    runs = home.folder / "项目.runs"
    write_journal(runs, started(), {"type": "stage_started", "stage": "train", "fingerprint": "0"})
    path.write_text("[broken", encoding="utf-8")
    assert "train" in home("status", path).out
    with running_elsewhere(runs, "20250109-000000-000-abcd"):
        assert home("stop", path).code == 0
        assert (runs / "20250109-000000-000-abcd" / "stop").exists()


def test_a_runner_that_never_says_a_word(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "ourselves", lambda: [sys.executable, "-c", "raise SystemExit('no room')"])
    monkeypatch.setattr(launch, "START_TIMEOUT", 0.5)
    project = TuneProject()
    run = launch.start(RunRequest(file=home.folder / "x", project=project, settings=Settings()), home.folder / "x.runs")
    assert follow(run, Console("en")) == 1
    said = capsys.readouterr().err
    assert str(run / "runner.log") in said
    assert "→" in said


def test_status_shows_how_far_a_dead_run_came(home: Home) -> None:
    path = home.project()
    progress = {"type": "progress", "stage": "train", "completed": 3, "total": 40, "unit": "step"}
    stage = {"type": "stage_started", "stage": "train", "fingerprint": "0"}
    write_journal(home.folder / "项目.runs", started(), stage, progress)
    said = home("status", path)
    assert said.code == 0
    assert "3/40" in said.out
    assert said.out.count("interrupted") == 2
    assert english(home("status", path, "--lang", "zh").out, "train", "abcd") == []


@fake
def test_a_journal_of_a_newer_version(home: Home) -> None:
    """Its run cannot be shown, but keeps nobody from running."""
    path = home.project()
    write_journal(home.folder / "项目.runs", started(schema_version=SCHEMA + 1))
    said = home("status", path)
    assert said.code == 1
    assert "newer Tunesmith" in said.err
    assert "→ Update" in said.err
    said = home("run", path)
    assert "newer Tunesmith" in said.out
    assert "ran out of main memory" in said.err  # it came to where every run of this home ends
    assert "failed" in home("status", path).out


def test_status_shows_the_run_that_works(home: Home) -> None:
    path = home.project()
    runs = home.folder / "项目.runs"
    refused = {"type": "message", "stage": "", "level": "error", "code": "already_running", "values": {"pid": 1}}
    ended = {"type": "run_finished", "status": "failed", "seconds": 0.0}
    stage = {"type": "stage_started", "stage": "train", "fingerprint": "0"}
    with running_elsewhere(runs, "20250101-000000-000-abcd"):
        assert home("status", path, "--json").json["state"] == "running"  # before its first event
        write_journal(runs, started(), stage, run_id="20250101-000000-000-abcd")
        write_journal(runs, started(), ended, run_id="20250102-000000-000-abcd")
        write_journal(runs, refused, ended, run_id="20250103-000000-000-abcd")
        shown = home("status", path, "--json").json
        assert (shown["run"], shown["state"]) == ("20250101-000000-000-abcd", "running")
        assert shown["stages"] == {"train": {"state": "running"}}
    assert home("status", path, "--json").json["run"] == "20250102-000000-000-abcd"  # not the refused one


def test_a_second_runner_of_the_same_run_leaves_its_journal_alone(home: Home) -> None:
    runs, run_id = home.folder / "项目.runs", "20250101-000000-000-abcd"
    request = RunRequest(file=home.project(), project=TuneProject(), settings=home.settings())
    with running_elsewhere(runs, run_id):
        write_journal(runs, started(), run_id=run_id)
        before = (runs / run_id / journal.EVENTS).read_bytes()
        (runs / run_id / launch.REQUEST).write_text(request.model_dump_json(), encoding="utf-8")
        assert home("runner", runs / run_id).code == 3
        assert (runs / run_id / journal.EVENTS).read_bytes() == before


def test_a_runner_that_dies_at_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.pipeline.launch.ourselves", lambda: [sys.executable, "-c", "raise SystemExit('oh dear')"])
    monkeypatch.setattr("core.pipeline.launch.START_TIMEOUT", 0.5)
    said = home("run", home.project())
    assert said.code == 1
    assert "The run was cut off" in said.err
    assert "runner.log" in said.err


def test_a_torn_journal(home: Home) -> None:
    path = home.project()
    write_journal(home.folder / "项目.runs", started())
    (home.folder / "项目.runs" / "20250102-030405-000-abcd" / journal.EVENTS).write_bytes(b'{"type": "run_sta\xff\x00')
    said = home("status", path)
    assert said.code == 0
    assert "interrupted" in said.out


def test_the_newest_run_is_the_last_by_name(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a run fails and the next begins in the same second."""
    monkeypatch.setattr("core.pipeline.launch.start_detached", lambda *_: 0)
    times = iter([1_700_000_000.0015, 1_700_000_000.25, 1_700_000_000.9999, 1_700_000_001.0])
    monkeypatch.setattr("core.pipeline.launch.time.time", lambda: next(times))
    request = RunRequest(file=home.folder / "x", project=TuneProject(), settings=Settings())
    runs = [launch.start(request, home.folder / "x.runs") for _ in range(4)]
    assert sorted(runs) == runs


def test_a_read_only_disk(home: Home, small_disk: Path) -> None:
    path = small_disk / "p.tunesmith"
    path.write_bytes(home.project().read_bytes())
    write_journal(small_disk / "p.runs", started(), {"type": "run_finished", "status": "done", "seconds": 1.0})
    (small_disk / "p.runs" / "lock").touch()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert home.problems(path) == {"": "folder_not_writable"}
    assert "done" in home("status", path).out
    for words in (("run", path), ("stop", path), ("init", small_disk / "new.tunesmith")):
        said = home(*words)
        assert said.code in {1, 2}
        assert "cannot be written to" in said.err
        assert "→" in said.err
        assert english(home(*words, "--lang", "zh").err) == []


@fake
def test_a_work_folder_that_cannot_be(home: Home) -> None:
    path = home.project()
    (home.folder / "config" / "settings.toml").write_text(
        f"work_dir = '{home.rows('file.jsonl') / 'work'}'\n[runtime]\npython = '{home.folder / 'fake_python'}'",
        encoding="utf-8",
    )
    assert home.problems(path) == {"": "not_a_folder"}
    said = home("run", path)
    assert said.code == 2
    assert "file.jsonl is a file" in said.err


def test_a_full_disk(home: Home, small_disk: Path) -> None:
    path = small_disk / "p.tunesmith"
    path.write_bytes(home.project().read_bytes())
    fill(small_disk)
    assert home.problems(path) == {"": "disk_full"}
    said = home("run", path)
    assert said.code == 2
    assert "The disk is full" in said.err
    assert sorted(file.name for file in small_disk.iterdir()) == ["filler", "p.tunesmith"]


def test_a_disk_that_is_full_before_the_runners_first_word(
    home: Home, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small_disk / "p.tunesmith"
    path.write_bytes(home.project().read_bytes())

    def start(argv: list[str], env: dict[str, str], log: Path) -> int:
        fill(small_disk)
        return start_detached(argv, env, log)

    monkeypatch.setattr("core.pipeline.launch.start_detached", start)
    said = home("run", path)
    assert said.code == 1
    assert "The disk is full" in said.err
    (run,) = (folder for folder in (small_disk / "p.runs").iterdir() if folder.is_dir())
    assert (run / "runner.log").read_text(encoding="utf-8") == ""


@fake
def test_a_disk_with_too_little_space(home: Home, small_disk: Path) -> None:
    """The runner starts, and its first stage does not."""
    path = small_disk / "p.tunesmith"
    path.write_bytes(home.project().read_bytes())
    said = home("run", path)
    assert said.code == 1
    assert "The disk is too full: 200 MB are needed" in said.err
    assert list((small_disk / "p.artifacts").rglob("*")) == []  # nor a folder that is not there


@fake
def test_a_failure_that_nobody_knows_shows_its_last_lines(home: Home) -> None:
    python = home.folder / "fake_python"
    python.write_text(python.read_text(encoding="utf-8").replace("cat ", "echo The moon is [red]full[/]. #"))
    said = home("run", home.project(), "--lang", "zh")
    assert said.code == 1
    line = "\n  | The moon is [red]full[/].\n"
    assert line in said.out
    assert "退出码 1" in said.err
    assert english(said.text, line, "fetch_model", "prepare_dataset") == []
