"""A job: one project on this computer, and where everything of it lies."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from core.config.project import TuneProject
from core.config.sections.inputs import DatasetSection
from core.config.settings import Settings
from core.events import StageError
from core.hardware.disk import check_name
from core.hardware.gpu import Gpu, chosen, gpus
from core.hardware.profile import runtime_profile
from core.models.families import family
from core.models.folder import ModelFolder, inspect_model
from core.models.template import SERVED, ChatTemplate, chat_template
from core.process.command import HostPath, Token
from core.process.docker import DockerTarget
from core.process.target import LocalTarget, Target
from core.process.wsl import WslTarget
from core.tools import runtime_state, swift
from core.tools.hub.entry import HubEntry, hub_entry
from core.tools.hub.repo import Repo
from core.tools.llama_cpp import Binaries, find_binaries
from core.tools.runtime import RuntimeSpec, runtime_spec

MODEL_FOLDER = "model"
"""Below the artifact of fetch_model: the base model."""
SHARED = ("install_runtime", "build_llama_cpp")
"""Stages whose artifacts lie in the work folder, for all projects."""
LLAMA_CPP_SOURCES = "sources"
"""Below the folder of build_llama_cpp: the wheel with source tree and converter."""
GGUF = "model-{type}.gguf"
"""ASCII, since llama-quantize.exe cannot open other names."""


@dataclass(frozen=True)
class Job:
    """What a stage may know before it runs. Paths are absolute.

    ``fingerprints`` holds those of the stages before it, by stage name.
    """

    project: TuneProject
    settings: Settings
    file: Path
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    by_hand: Path | None = None
    """Where the outputs of ``plan``'s script go instead of the artifacts' folder."""

    @property
    def name(self) -> str:
        """The project's name: its file's, without the suffix."""
        return self.file.stem

    @property
    def runs(self) -> Path:
        """The folder of this project's runs."""
        return self.file.with_name(f"{self.name}.runs")

    @property
    def artifacts(self) -> Path:
        """The folder of this project's artifacts."""
        return self.file.with_name(f"{self.name}.artifacts")

    @property
    def work(self) -> Path:
        """The work folder."""
        return self.settings.work_folder

    @property
    def cache_environment(self) -> dict[str, Token | None]:
        """Where the tools keep their caches: in the work folder, not on the system's drive; what the user set stays."""
        places = {"UV_CACHE_DIR": "uv", "MODELSCOPE_CACHE": "modelscope", "HF_HOME": "huggingface"}
        return {name: str(self.work / "cache" / place) for name, place in places.items() if name not in os.environ}

    def folder(self, stage: str) -> Path:
        """The final folder of a stage's artifacts."""
        if stage == "install_runtime":
            return self.runtime.folder
        if stage == "build_llama_cpp":
            return self.work / "llama.cpp" / self.fingerprints[stage]
        if self.by_hand is not None and stage != "fetch_model":  # the base model is an input of what is done by hand
            return self.by_hand / stage
        return self.artifacts / stage / self.fingerprints[stage]

    def path(self, text: str) -> Path:
        """A path of the project file: relative ones begin at the file's folder. Raises StageError where it is none."""
        try:
            path = Path(text).expanduser()
        except RuntimeError:  # no such user: a name may begin with ~
            path = Path(text)
        try:
            found = (self.file.parent / path).resolve()
        except (OSError, ValueError) as error:  # ValueError: a NUL in it
            raise StageError("path_invalid", path=text, reason=str(error)) from error
        check_name(found)  # a link can lead to any name
        return found

    @cached_property
    def runtime(self) -> RuntimeSpec:
        """The training runtime that this job uses."""
        return runtime_spec(self.settings, self.project, lambda: runtime_profile(self.gpus))

    @cached_property
    def target(self) -> Target:
        """Where all commands of the training runtime run; its programs keep their caches in the runtime's folder."""
        hardware = self.project.hardware
        match hardware.target:
            case "docker":
                return DockerTarget(hardware.docker_image, self.runtime.folder, gpus=self.device == "cuda")
            case "wsl":
                return WslTarget(hardware.wsl_distribution, hardware.wsl_python)
            case "local":
                return LocalTarget()

    @property
    def python(self) -> Token:
        """The training runtime's interpreter, in its place; a command that begins with it belongs there."""
        match self.project.hardware.target:
            case "docker":
                return "python"
            case "wsl":
                return self.project.hardware.wsl_python
            case "local":
                return HostPath(self.runtime.python)

    @cached_property
    def _runtime_versions(self) -> Mapping[str, str]:
        return runtime_state.versions(self.runtime)

    def versions(self, *packages: str) -> dict[str, str]:
        """The versions of some packages of the training runtime, for the fingerprint of what they change.

        Known before it is made; of an image or an environment in WSL its name stands for them. Raises StageError where
        an environment that the user gave does not answer.
        """
        if self.runtime.elsewhere:
            return {self.runtime.profile: self.runtime.inside}
        return {package: self._runtime_versions.get(package, "") for package in packages}

    @property
    def model_repo(self) -> Repo | None:
        """The base model's repository, where it comes from a hub."""
        model = self.project.model
        if model.source in ("modelscope", "huggingface"):
            return Repo("model", model.source, model.model.strip(), model.revision)
        return None

    @property
    def model_folder(self) -> Path:
        """Where the base model lies (once fetch_model has run)."""
        if self.project.model.source == "local":
            return self.path(self.project.model.model)
        if (repo := self.model_repo) is not None:
            return repo.folder(self.work)
        return self.folder("fetch_model") / MODEL_FOLDER

    @cached_property
    def model(self) -> ModelFolder:
        """What the base model's folder holds. Raises StageError where it is not whole."""
        return inspect_model(self.model_folder)

    @cached_property
    def template(self) -> ChatTemplate:
        """How the model's conversations are written. Raises StageError where it has no template that can be served."""
        return chat_template(self.model.chat_template, self.model.eos)

    @cached_property
    def dataset(self) -> DatasetSection:
        """The dataset's settings with absolute paths."""
        section = self.project.dataset
        files, val_files = (
            tuple(self._dataset_path(text) for text in texts) for texts in (section.files, section.val_files)
        )
        return section.model_copy(update={"files": files, "val_files": val_files})

    @cached_property
    def gpus(self) -> tuple[Gpu, ...]:
        """The cards that the job may use: the project's choice, else what the environment leaves it, else all."""
        return chosen(gpus(), self.project.hardware.cuda_visible_devices or os.environ.get("CUDA_VISIBLE_DEVICES"))

    def hub_entry(self, text: str) -> HubEntry | None:
        """The hub's dataset that an entry of the dataset names, or None. Raises StageError where it is malformed."""
        return hub_entry(text, self.file.parent)

    def _dataset_path(self, text: str) -> str:
        entry = self.hub_entry(text)
        return entry.text(self.work) if entry is not None else str(self.path(text))

    @cached_property
    def device(self) -> Literal["cuda", "cpu"]:
        """What trains: the GPU where there is one, unless the project says otherwise."""
        choice = self.project.hardware.device
        if choice == "auto":
            return "cuda" if self.gpus and self.settings.runtime.profile != "cpu" else "cpu"
        return choice

    @cached_property
    def torch_dtype(self) -> str:
        """The weights' format: bfloat16 where all cards have it (from Ampere on), else float16; float32 on the CPU."""
        if self.project.model.torch_dtype != "auto":
            return self.project.model.torch_dtype
        if self.device == "cpu":
            return "float32"
        return "bfloat16" if all(gpu.compute_capability >= (8, 0) for gpu in self.gpus) else "float16"

    @property
    def helps(self) -> bool:
        """Whether this computer only helps another one to train: the leader has the adapter, and all that follows."""
        return self.project.hardware.nnodes > 1 and self.project.hardware.node_rank > 0

    @cached_property
    def facts(self) -> swift.ModelFacts:
        """The base model as ms-swift must be told. Raises StageError where it cannot be tuned."""
        wanted, model = self.project.model, self.model
        known = family(model.architecture)
        if not wanted.model_type and known is None:
            raise StageError("model_type_unknown", architecture=model.architecture)
        model_type = wanted.model_type or (known.model_type if known else "")
        if wanted.template not in ("", SERVED):
            template, default_system = wanted.template, None
        else:
            template, default_system = self.template.swift_template, self.template.default_system
        system = self.project.dataset.system or default_system
        visible = self.project.hardware.cuda_visible_devices
        return swift.ModelFacts(self.model_folder, model_type, template, system, self.torch_dtype, self.device, visible)

    @property
    def validation(self) -> Path | None:
        """The held-out rows; before they are prepared: where they will be, if the project asks for any."""
        folder, dataset = self.folder("prepare_dataset"), self.project.dataset
        path = folder / "val.jsonl"
        if (folder / "train.jsonl").exists():
            return path if path.exists() else None
        wanted = dataset.val_files or (dataset.split_dataset_ratio and dataset.files)
        return path if wanted else None

    @property
    def adapter(self) -> Path:
        """The trained adapter, under a name that does not depend on the number of steps."""
        return self.folder("train") / "adapter"

    @property
    def merged(self) -> Path:
        """The merged model's folder."""
        return self.folder("merge") / MODEL_FOLDER

    @property
    def llama_cpp_sources(self) -> Path:
        """Where llama.cpp's sources and converter lie (once build_llama_cpp has run)."""
        return self.folder("build_llama_cpp") / LLAMA_CPP_SOURCES

    @property
    def llama_cpp(self) -> Binaries:
        """llama.cpp's programs. Raises StageError where they are not there."""
        export = self.project.export
        folder = self.path(export.llama_cpp_dir) if export.llama_cpp == "existing" else self.folder("build_llama_cpp")
        found = find_binaries(folder)
        if found is None and self.by_hand is not None:  # a script names what it will only make
            found = Binaries(folder / "bin" / "llama-quantize", folder / "bin" / "llama-imatrix", None)
        if found is None:
            raise StageError("llama_cpp_folder_missing", path=str(folder))
        return found

    def gguf(self, kind: str) -> Path:
        """A GGUF of the tuned model: ``kind`` is the converter's outtype or a quantization type."""
        stage = "convert" if kind == self.project.export.outtype else "quantize"
        return self.folder(stage) / GGUF.format(type=kind)


def file_facts(paths: list[Path]) -> list[tuple[str, int, int]]:
    """Files as a fingerprint sees them: name, size in bytes, mtime in ns; missing ones with -1.

    Not the folder: what was made from them stands also when they are moved, as they are with their project.
    """
    facts = []
    for path in paths:
        try:
            stat = path.stat()
            facts.append((path.name, stat.st_size, stat.st_mtime_ns))
        except OSError:
            facts.append((path.name, -1, -1))
    return facts
