"""install_runtime: the environment in which ms-swift trains and llama.cpp's converter runs, made with uv."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.events import Artifact
from core.stages.base import ChildFailedError, ScriptLine, Stage, StageContext
from core.stages.job import Job
from core.stages.packages import install
from core.tools import runtime, runtime_state
from core.tools.runtime import Step
from core.tools.runtime_state import Marker

SIZES = {"cpu": 3_000_000_000, "cu126": 9_000_000_000, "cu128": 9_000_000_000, "cu130": 8_000_000_000}
"""Bytes that an environment takes, with what is downloaded on the way."""


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
        """Whether the environment has its marker and its interpreter."""
        return runtime_state.is_ready(job.runtime)

    def forecast_bytes(self, job: Job) -> int:
        """PyTorch is most of it."""
        return SIZES[job.runtime.profile]

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """uv's commands; of alternatives the first."""
        by_hand = replace(job.runtime, allow_unverified=True, mirrors="none")
        return [ScriptLine(step[0]) for step in runtime.commands(by_hand)]

    def run(self, ctx: StageContext) -> None:
        """Install, let PyTorch compute on the device that will train, then write the marker."""
        spec = ctx.job.runtime
        if not runtime_state.is_ready(spec):
            runtime_state.discard(spec.folder)
            spec.folder.mkdir(parents=True)
        for step in runtime.commands(spec):
            run_step(ctx, step)
        lines: list[str] = []
        ctx.run(runtime.self_test_command(spec.python, "cpu" if spec.profile == "cpu" else "cuda"), lines=lines.append)
        test = runtime_state.read_self_test("\n".join(lines))
        versions: list[str] = []
        ctx.run(runtime_state.versions_command(spec.python), lines=versions.append)
        found = runtime_state.read_versions(versions[-1] if versions else "")
        runtime_state.write_marker(spec.folder, Marker(fingerprint=runtime.fingerprint(spec), versions=found))
        ctx.facts.update(torch=test.torch, device=test.device, ms_swift=found.get("ms-swift", ""))
        ctx.message("runtime_ready", torch=test.torch, device=test.name or test.device)

    def artifacts(self, ctx: StageContext) -> Iterable[Path]:
        """The marker; the environment's thousands of files are uv's business."""
        return [ctx.folder / runtime_state.MARKER]


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
