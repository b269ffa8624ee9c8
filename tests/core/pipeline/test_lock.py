import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core.pipeline.lock import AlreadyRunningError, hold, holder

HOLD = """
import sys, time
from pathlib import Path
from core.pipeline.lock import hold
with hold(Path(sys.argv[1]), "other"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_second_runner_is_refused_with_the_first_ones_pid(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(AlreadyRunningError) as refused, hold(tmp_path, "mine"):
            pass
        assert refused.value.holder.pid == other.pid
        other.kill()
    assert holder(tmp_path) is None  # kill -9 leaves no stale lock
    with hold(tmp_path, "mine"):
        now = json.loads((tmp_path / "runner.json").read_text(encoding="utf-8"))
        assert now["run_id"] == "mine"


def test_a_reused_pid_in_the_old_file_holds_nothing(tmp_path: Path) -> None:
    info = {"pid": psutil.Process().pid, "create_time": 1.0, "run_id": "before-the-reboot"}
    (tmp_path / "lock").touch()
    (tmp_path / "runner.json").write_text(json.dumps(info), encoding="utf-8")
    assert holder(tmp_path) is None


def test_no_runs_yet(tmp_path: Path) -> None:
    assert holder(tmp_path / "nothing") is None
