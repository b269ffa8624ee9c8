"""install_runtime: the environment in which ms-swift trains and llama.cpp's converter runs, made with uv."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from core.events import Artifact, StageError
from core.parsers.docker_pull import DockerPull
from core.stages.base import ChildFailedError, ScriptLine, Stage, StageContext
from core.stages.job import Job
from core.stages.packages import install
from core.tools import docker, runtime, runtime_state
from core.tools.runtime import Step
from core.tools.runtime_state import Marker

SIZES = {
    "cpu": 3_000_000_000,
    "cu126": 9_000_000_000,
    "cu128": 9_000_000_000,
    "cu130": 8_000_000_000,
    "docker": 50_000_000,
    "wsl": 50_000_000,
}
"""Bytes that an environment takes, with what is downloaded on the way; an image lies on Docker's own disk."""


class InstallRuntime(Stage):
    """Makes the training runtime, once for all projects.

    An interrupted installation is made anew: uv takes packages of which a kill left half for whole.
    """

    name = "install_runtime"

    def wanted(self, job: Job) -> bool:
        """Not where the user gave an environment."""
        return job.runtime.given is None

    def inputs(self, job: Job) -> Mapping[str, object]:
        """The locked versions of everything in it."""
        return {"lock": runtime.fingerprint(job.runtime), "profile": job.runtime.profile}

    def is_whole(self, job: Job, artifacts: Sequence[Artifact]) -> bool:
        """Whether the environment has its marker and its interpreter, and Docker its image."""
        spec = job.runtime
        return runtime_state.is_ready(spec) and (spec.profile != "docker" or docker.has_image(spec.inside))

    def forecast_bytes(self, job: Job) -> int:
        """PyTorch is most of it."""
        return SIZES[job.runtime.profile]

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """uv's commands; of alternatives the first. Then Docker's, for the image."""
        by_hand = replace(job.runtime, allow_unverified=True, mirrors="none")
        lines = [ScriptLine(step[0]) for step in runtime.commands(by_hand)]
        return [*lines, ScriptLine(docker.pull(job.runtime.inside))] if job.runtime.profile == "docker" else lines

    def run(self, ctx: StageContext) -> None:
        """Install, let PyTorch compute on the device that will train, then write the marker."""
        spec = ctx.job.runtime
        if not runtime_state.is_ready(spec):
            runtime_state.discard(spec.folder)
            spec.folder.mkdir(parents=True)
        for step in runtime.commands(spec):
            run_step(ctx, step)
        if spec.profile == "docker" and not docker.has_image(spec.inside):
            ctx.run(docker.pull(spec.inside), DockerPull(self.name))
        lines: list[str] = []
        ctx.run(runtime.self_test_command(ctx.job.python, _device(ctx.job)), lines=lines.append)
        test = runtime_state.read_self_test("\n".join(lines))
        versions: list[str] = []
        ctx.run(runtime_state.versions_command(ctx.job.python), lines=versions.append)
        found = runtime_state.read_versions(versions[-1] if versions else "")
        if spec.elsewhere:
            _compare(ctx, found)
        runtime_state.write_marker(spec.folder, Marker(fingerprint=runtime.fingerprint(spec), versions=found))
        ctx.facts.update(torch=test.torch, device=test.device, ms_swift=found.get("ms-swift", ""))
        ctx.message("runtime_ready", torch=test.torch, device=test.name or test.device)

    def artifacts(self, ctx: StageContext) -> Iterable[Path]:
        """The marker; the environment's thousands of files are uv's business."""
        return [ctx.folder / runtime_state.MARKER]


def _compare(ctx: StageContext, versions: Mapping[str, str]) -> None:
    """Hold what an image or an environment in WSL has against the lock. Raises StageError where a package lacks."""
    for problem in runtime_state.version_problems(versions):
        if problem.code == "runtime_package_missing":
            raise StageError("inside_package_missing", **problem.values)
        ctx.message("inside_package_unfit", "warning", **problem.values)


def _device(job: Job) -> Literal["cpu", "cuda"]:
    """What will train."""
    if job.runtime.elsewhere:
        return job.device
    return "cpu" if job.runtime.profile == "cpu" else "cuda"


def run_step(ctx: StageContext, step: Step) -> None:
    """Run the commands of a step until one succeeds. Raises what the last one raised."""
    for number, command in enumerate(step, 1):
        try:
            install(ctx, command)
        except ChildFailedError as error:
            if number == len(step):
                raise
            ctx.message("source_failed", "warning", reason=error.tail[-1] if error.tail else "")
        else:
            return
