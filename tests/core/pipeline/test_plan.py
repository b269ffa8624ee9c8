"""What a change of anything runs again: exactly the stages whose result it changes."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.config.project import TuneProject
from core.config.settings import RuntimeSettings, Settings
from core.config.store import with_values
from core.hardware.gpu import Gpu
from core.pipeline.plan import from_stage, make_job, planned
from core.stages import STAGES
from core.stages.job import Job
from core.tools import llama_cpp, resource_files, runtime, runtime_state, sources, uv

DATA = {"prepare_dataset"}
TRAINED = {"train", "evaluate", "merge", "awq", "convert", "quantize", "create_ollama", "smoke_test", "push_ollama"}
SERVED = {"create_ollama", "smoke_test", "push_ollama"}
BASE = {"create_base", "smoke_test", "push_ollama"}
ALL = DATA | TRAINED | BASE | {"fetch_model"}
AMPERE = Gpu(0, "A", 24 * 2**30, 24 * 2**30, "580.1", (13, 0), (8, 6), "GPU-aaaa")
VOLTA = replace(AMPERE, index=1, name="V", compute_capability=(7, 0), uuid="GPU-bbbb")


class Place:
    """A project with all stages, and the computer that it is on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(work_dir=str(folder / "work"), runtime=RuntimeSettings(profile="cpu"))
        for name in ("model/config.json", "model/model.safetensors", "rows.jsonl", "mine/llama-quantize"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).touch()
        (folder / "mine" / f"llama-quantize{uv.EXE}").touch()
        self.project = with_values(
            TuneProject(),
            model={"model": "model"},
            dataset={"files": ["rows.jsonl"]},
            export={"awq": True},
            ollama={"name": "me/it"},
        )

    def fingerprints(self, **changes: dict[str, Any]) -> dict[str, str]:
        return dict(self.job(**changes).fingerprints)

    def job(self, **changes: dict[str, Any]) -> Job:
        return make_job(self.folder / "it.tunesmith", with_values(self.project, **changes), self.settings)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("core.stages.job.gpus", lambda: (AMPERE, VOLTA))
    return Place(tmp_path)


def again(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """The stages that a second run would make, beside those that the project now does without."""
    return {name for name, value in after.items() if before.get(name) != value}


@pytest.mark.parametrize(
    ("section", "values", "stages"),
    [
        ("model", {"source": "sample"}, ALL),
        ("model", {"template": "qwen"}, DATA | TRAINED),
        ("model", {"torch_dtype": "bfloat16"}, TRAINED),
        ("model", {"torch_dtype": "float32"}, set()),  # what the CPU trains in anyway
        ("model", {"attn_impl": "eager"}, TRAINED),
        ("model", {"revision": "v2"}, set()),  # a local folder has none
        ("dataset", {"max_length": 512}, DATA | TRAINED),
        ("dataset", {"system": "Be brief."}, DATA | TRAINED | BASE),
        ("self_cognition", {"samples": 10}, DATA | TRAINED),
        ("lora", {"lora_rank": 16}, TRAINED),
        ("lora", {"quant_bits": 4}, TRAINED | {"install_runtime"}),
        ("training", {"seed": 1}, DATA | TRAINED),
        ("training", {"learning_rate": 1e-4}, TRAINED),
        ("training", {"eval_steps": 7}, TRAINED),  # with early stop it decides
        ("training", {"save_steps": 7}, set()),
        ("training", {"save_total_limit": 7}, set()),
        ("training", {"logging_steps": 7}, set()),
        ("training", {"evaluate_rows": 7}, {"evaluate"}),
        ("hardware", {"device": "cpu"}, set()),  # as automatic
        ("hardware", {"cuda_visible_devices": "0"}, set()),
        ("hardware", {"mkl_threading_layer": "GNU"}, set()),
        ("hardware", {"master_port": 29501}, set()),
        ("hardware", {"nproc_per_node": 2}, TRAINED),
        ("hardware", {"target": "docker", "docker_image": "an-image"}, DATA | TRAINED | {"install_runtime"}),
        ("hardware", {"target": "wsl"}, DATA | TRAINED | {"install_runtime"}),
        ("hardware", {"docker_image": "an-image", "wsl_python": "/other/python"}, set()),  # nothing runs there
        ("export", {"awq": False}, {"install_runtime"}),
        ("export", {"awq_rows": 64}, {"awq"}),
        ("export", {"merge_device": "cpu"}, set()),
        ("export", {"outtype": "bf16"}, {"convert", "quantize", "create_ollama"} | BASE),
        ("export", {"quantizations": ["Q4_K_M", "Q8_0"]}, set()),  # `is_whole` of quantize sees the missing file
        ("export", {"quantizations": ["Q8_0", "Q4_K_M"]}, {"create_ollama"} | BASE),
        ("export", {"imatrix": True}, {"quantize", "create_ollama"} | BASE),
        ("export", {"llama_cpp_dir": "mine"}, set()),  # not used
        (
            "export",
            {"llama_cpp": "existing", "llama_cpp_dir": "mine"},
            {"build_llama_cpp", "quantize", "create_ollama"} | BASE,
        ),
        ("ollama", {"name": "me/other"}, {"create_ollama"} | BASE),
        ("ollama", {"temperature": 0.1}, {"create_ollama"} | BASE),
        ("ollama", {"num_ctx": 2048}, {"create_ollama"} | BASE),
        ("ollama", {"compare_base": False}, {"smoke_test", "push_ollama"}),
        ("ollama", {"base_name": "qwen2.5:0.5b"}, BASE),
        ("ollama", {"test_prompts": ["Hi"]}, {"evaluate", "smoke_test", "push_ollama"}),
        ("ollama", {"push": True}, set()),
    ],
)
def test_a_changed_setting_runs_exactly_what_depends_on_it(
    place: Place, section: str, values: dict[str, Any], stages: set[str]
) -> None:
    assert again(place.fingerprints(), place.fingerprints(**{section: values})) == stages


def test_settings_that_depend_on_another(place: Place) -> None:
    adopted = {"base_name": "qwen2.5:0.5b"}
    before = place.fingerprints(ollama=adopted, export={"imatrix": True})
    colder = place.fingerprints(ollama={**adopted, "temperature": 0.1}, export={"imatrix": True})
    assert again(before, colder) == SERVED  # a model of Ollama's has settings of its own
    measured = place.fingerprints(export={"imatrix": True})
    other_rows = place.fingerprints(export={"imatrix": True}, training={"seed": 1})
    assert again(measured, other_rows) == DATA | TRAINED | BASE  # the base is measured on the rows too


def _newer_torch(place: Place, patch: pytest.MonkeyPatch) -> None:
    table = {**sources.sources(), "torch-cpu": replace(sources.source("torch-cpu"), version="9.9.9")}
    patch.setattr(runtime, "source", table.__getitem__)


def _lock(place: Place, patch: pytest.MonkeyPatch, name: str, old: str, new: str) -> None:
    """Another version in a locked file, as `scripts/lock_runtime.py` would write it."""
    text = resource_files.requirement_file(name).read_text(encoding="utf-8")
    assert old in text
    (place.folder / name).write_text(text.replace(old, new), encoding="utf-8")

    def changed(wanted: str) -> Path:
        return place.folder / wanted if wanted == name else resource_files.requirement_file(wanted)

    for module in (runtime, runtime_state):
        patch.setattr(module, "requirement_file", changed)


def _newer_peft(place: Place, patch: pytest.MonkeyPatch) -> None:
    _lock(place, patch, "runtime.txt", "\npeft==", "\npeft==9.")


def _newer_aiohttp(place: Place, patch: pytest.MonkeyPatch) -> None:
    _lock(place, patch, "runtime.txt", "\naiohttp==", "\naiohttp==9.")


def _newer_swift(place: Place, patch: pytest.MonkeyPatch) -> None:
    _lock(place, patch, "runtime.txt", "\nms-swift==", "\nms-swift==9.")


def _newer_autoawq(place: Place, patch: pytest.MonkeyPatch) -> None:
    _lock(place, patch, "runtime-awq.txt", "autoawq==", "autoawq==9.")


def _newer_llama_cpp(place: Place, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(llama_cpp, "BUILD", 99999)


def _cuda(place: Place, patch: pytest.MonkeyPatch) -> None:
    place.settings = Settings(work_dir=place.settings.work_dir)


def _other_work_folder(place: Place, patch: pytest.MonkeyPatch) -> None:
    place.settings = place.settings.model_copy(update={"work_dir": str(place.folder / "other")})


def _edited(name: str) -> Callable[[Place, pytest.MonkeyPatch], None]:
    return lambda place, _patch: os.utime(place.folder / name, ns=(1, 1))


@pytest.mark.parametrize(
    ("happens", "stages"),
    [
        (_newer_torch, TRAINED | {"install_runtime"}),
        (_newer_peft, TRAINED | {"install_runtime"}),
        (_newer_swift, DATA | TRAINED | {"install_runtime"}),
        (_newer_aiohttp, {"install_runtime"}),
        (_newer_autoawq, {"install_runtime", "awq"}),
        (_newer_llama_cpp, {"build_llama_cpp", "convert", "quantize", "create_ollama"} | BASE),
        (_cuda, TRAINED | {"install_runtime"}),
        (_other_work_folder, set()),
        (_edited("rows.jsonl"), DATA | TRAINED),
        (_edited("model/config.json"), ALL),
    ],
)
def test_a_changed_surrounding_runs_exactly_what_depends_on_it(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[Place, pytest.MonkeyPatch], None],
    stages: set[str],
) -> None:
    before = place.fingerprints()
    runtime_state.locked_versions.cache_clear()
    happens(place, monkeypatch)
    assert again(before, place.fingerprints()) == stages


def test_bitsandbytes_counts_where_it_is_used(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    qlora = {"lora": {"quant_bits": 4}}
    before = place.fingerprints(**qlora)
    _lock(place, monkeypatch, "runtime-bnb.txt", "bitsandbytes==", "bitsandbytes==9.")
    assert again(before, place.fingerprints(**qlora)) == TRAINED | {"install_runtime"}


def test_only_the_programs_of_an_existing_folder_count(place: Place) -> None:
    mine = {"llama_cpp": "existing", "llama_cpp_dir": "mine"}
    before = place.fingerprints(export=mine)
    (place.folder / "mine" / "README").touch()
    assert again(before, place.fingerprints(export=mine)) == set()
    _edited(f"mine/llama-quantize{uv.EXE}")(place, pytest.MonkeyPatch())
    assert again(before, place.fingerprints(export=mine)) == {"build_llama_cpp", "quantize", "create_ollama"} | BASE


def test_the_versions_of_a_given_runtime_count_and_not_its_place(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    has = {"torch": "2.13.0+cpu", "ms-swift": "4.6.0", "transformers": "5.1", "peft": "0.20", "accelerate": "1.1"}

    def given(path: str, **versions: str) -> dict[str, str]:
        monkeypatch.setattr(runtime_state, "environment_versions", lambda _python: {**has, **versions})
        place.settings = Settings(work_dir="w", runtime=RuntimeSettings(python=path))
        return place.fingerprints()

    before = given("/a/python")
    assert "install_runtime" not in before
    assert again(before, given("/b/python")) == set()
    assert again(before, given("/a/python", peft="0.21")) == TRAINED
    assert again(before, given("/a/python", transformers="5.2")) == DATA | TRAINED
    assert again(before, given("/a/python", autoawq="0.2.9")) == {"awq"}
    assert again(before, given("/a/python", aiohttp="4")) == set()


def test_another_choice_of_cards_counts_where_they_train_in_another_format(place: Place) -> None:
    place.settings = Settings(work_dir=place.settings.work_dir)
    both = place.fingerprints()
    assert again(both, place.fingerprints(hardware={"cuda_visible_devices": "1"})) == set()
    new = place.fingerprints(hardware={"cuda_visible_devices": "0"})
    assert again(both, new) == TRAINED | {"install_runtime"}  # bfloat16, and the newest build of PyTorch
    by_name = place.fingerprints(hardware={"cuda_visible_devices": "GPU-aaaa"})
    assert again(new, by_name) == set()


def test_another_image_is_another_runtime(place: Place) -> None:
    old, new = (place.fingerprints(hardware={"target": "docker", "docker_image": name}) for name in ("a:1", "a:2"))
    assert again(old, new) == DATA | TRAINED | {"install_runtime"}


def test_each_stage_comes_after_what_it_builds_on() -> None:
    seen: set[str] = set()
    for stage in STAGES:
        assert {*stage.needs, *stage.after} <= seen, stage.name
        seen.add(stage.name)


def test_from_a_stage_on(place: Place) -> None:
    plan = planned(place.job())
    everything = {item.stage.name for item in plan}
    assert from_stage(plan, "install_runtime") == everything
    assert (
        from_stage(plan, "build_llama_cpp") == {"build_llama_cpp", "convert", "quantize", *BASE, *SERVED} & everything
    )
    assert from_stage(plan, "merge") == {"merge", "awq", "convert", "quantize", "create_ollama", "smoke_test"}


def test_a_computer_that_helps_ends_with_the_training(place: Place) -> None:
    several = {"nnodes": 2, "nproc_per_node": 1}
    leader = [item.stage.name for item in planned(place.job(hardware={**several, "node_rank": 0}))]
    helper = [item.stage.name for item in planned(place.job(hardware={**several, "node_rank": 1}))]
    assert leader[-1] == "smoke_test"
    assert helper == ["install_runtime", "fetch_model", "prepare_dataset", "train"]
