"""The programs of resources/swift_plugins, in the demo's training runtime."""

import json
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from core.stages.train import is_whole_adapter, is_whole_checkpoint
from tests.e2e.workshop import Demo

pytestmark = pytest.mark.real

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
PLUGINS = RESOURCES / "swift_plugins"
QUESTIONS = RESOURCES / "sample" / "questions.jsonl"

GREEDY = """
import json, sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
torch.set_num_threads(1)
tokenizer, model = AutoTokenizer.from_pretrained(sys.argv[1]), AutoModelForCausalLM.from_pretrained(sys.argv[1])
texts = []
for question, answer in json.loads(sys.stdin.read()):
    chat = [{"role": "user", "content": question}]
    prompt = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    start = len(tokenizer(prompt)["input_ids"])
    with torch.no_grad():
        logits = model(**tokenizer(prompt + answer + "<|im_end|>", return_tensors="pt")).logits[0]
    texts.append(tokenizer.decode(logits[start - 1 : -1].argmax(-1)))
print(json.dumps(texts))
"""
"""Prints what the model prefers at each place of the answers: the answers themselves, if greedy decoding gives them."""


@pytest.fixture(scope="session")
def runtime(demo: Demo) -> str:
    """The python of the demo's training runtime."""
    assert demo.first.code == 0, demo.first.output
    return str(demo.job().runtime.python)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which nothing is looked up outside."""
    cache = tmp_path_factory.mktemp("cache")
    offline = dict.fromkeys(("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "PYTHONUTF8"), "1")
    return {**os.environ, **offline, "MODELSCOPE_CACHE": str(cache), "HF_HOME": str(cache), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="session")
def sample_model(demo: Demo) -> Path:
    """The sample model that the demo made."""
    return demo.job().model_folder


def run(argv: list[str], env: dict[str, str], text: str = "") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(argv, env=env, input=text, capture_output=True, encoding="utf-8", check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def sft(runtime: str, model: Path, output: Path, *more: str) -> list[str]:
    argv = [runtime, "-m", "swift.cli.sft", "--model", str(model), "--model_type", "qwen2", "--template", "qwen"]
    argv += ["--tuner_type", "lora", "--torch_dtype", "float32", "--use_cpu", "true", "--check_model", "false"]
    argv += ["--external_plugins", str(PLUGINS / "tunesmith_plugin.py"), "--callbacks", "tunesmith"]
    argv += ["--dataset", str(QUESTIONS), "--max_length", "256", "--per_device_train_batch_size", "2"]
    argv += ["--report_to", "none", "--add_version", "false", "--output_dir", str(output), "--save_steps", "100"]
    return [*argv, *more]


def test_sample_model_answers_its_questions(runtime: str, environment: dict[str, str], sample_model: Path) -> None:
    rows = [row["messages"] for row in read(QUESTIONS)]
    pairs = [(row[0]["content"], row[1]["content"]) for row in rows]
    pairs += [("你是谁？", "我是一个通用的语言助手。"), ("Who are you?", "I am a general language assistant.")]
    texts = json.loads(run([runtime, "-c", GREEDY, str(sample_model)], environment, json.dumps(pairs)).stdout)
    assert texts == [answer + "<|im_end|>" for _, answer in pairs]


def test_measure_rows_names_what_ms_swift_drops_or_cuts(
    runtime: str, environment: dict[str, str], sample_model: Path, tmp_path: Path
) -> None:
    def turn(role: str, content: str | None) -> dict[str, str | None]:
        return {"role": role, "content": content}

    rows = [
        [turn("user", "你是谁？"), turn("assistant", "我是谁？")],
        [turn("robot", "hi"), turn("assistant", "hi")],
        [turn("user", "hi"), turn("assistant", None)],
        [turn("user", "x " * 300), turn("assistant", "end")],
        [],
    ]
    data, out = tmp_path / "行.jsonl", tmp_path / "lengths.jsonl"
    data.write_text("".join(json.dumps({"messages": row}) + "\n" for row in rows) + "\nnot json\n", encoding="utf-8")
    argv = [runtime, str(PLUGINS / "measure_rows.py"), str(data), "--model", str(sample_model), "--model_type", "qwen2"]
    argv += ["--template", "qwen", "--max_length", "64", "--truncation_strategy", "right", "--out", str(out)]
    assert run(argv, environment).stdout.splitlines()[-1] == "[6/6]"
    results = read(out)
    assert [result["row"] for result in results] == [1, 2, 3, 4, 5, 7]
    assert ["error" in result for result in results] == [False, True, True, False, True, True]
    # 11 tokens of the system turn, 3 + 5 of the user's, 3 before the answer; 3 of the answer, its end and a line end
    assert (results[0]["tokens"], results[0]["labels"]) == (27, 5)
    assert (results[3]["tokens"] > 300, results[3]["labels"]) == (True, 0)


def test_a_training_stops_with_a_checkpoint_and_goes_on_to_its_end(
    runtime: str, environment: dict[str, str], sample_model: Path, tmp_path: Path
) -> None:
    events, stop, output = tmp_path / "事件.jsonl", tmp_path / "stop", tmp_path / "out put"
    env = {**environment, "TUNESMITH_EVENTS": str(events), "TUNESMITH_STOP_FILE": str(stop)}
    watcher = threading.Thread(target=touch_after_step, args=(events, stop, 3), daemon=True)
    watcher.start()
    run(sft(runtime, sample_model, output, "--max_steps", "200"), env)
    seen = read(events)
    step = seen[-1]["step"]
    assert seen[0] == {"ev": "begin", "step": 0, "max_steps": 200, "output_dir": str(output)}
    assert seen[-1] == {"ev": "end", "step": step, "finished": False, "stopped": True}
    assert 3 <= step < 100
    checkpoint = output / f"checkpoint-{step}"
    assert [event["path"] for event in seen if event["ev"] == "save"] == [str(checkpoint)]
    assert {"adapter_model.safetensors", "optimizer.pt", "args.json"} <= {path.name for path in checkpoint.iterdir()}
    assert not (output / "adapter").exists()
    stop.unlink()
    last = str(step + 4)
    run(sft(runtime, sample_model, output, "--max_steps", last, "--resume_from_checkpoint", str(checkpoint)), env)
    resumed = read(events)[len(seen) :]
    assert resumed[0]["step"] == step
    assert resumed[-1] == {"ev": "end", "step": step + 4, "finished": True, "stopped": False}
    assert any("loss" in event for event in resumed if event["ev"] == "log")
    files = {path.name for path in (output / "adapter").iterdir()}
    assert files == {"adapter_config.json", "adapter_model.safetensors", "additional_config.json", "args.json"}
    newest = output / f"checkpoint-{step + 4}" / "adapter_model.safetensors"
    assert (output / "adapter" / "adapter_model.safetensors").read_bytes() == newest.read_bytes()
    assert json.loads((output / "adapter" / "args.json").read_text(encoding="utf-8"))["external_plugins"] == []


@pytest.mark.parametrize("last", [False, True])
def test_a_stop_during_a_long_evaluation_saves_the_step_before_it(
    runtime: str, environment: dict[str, str], sample_model: Path, tmp_path: Path, last: bool
) -> None:
    events, stop, output, held = (tmp_path / name for name in ("events", "stop", "output", "held.jsonl"))
    held.write_text(QUESTIONS.read_text(encoding="utf-8") * 40, encoding="utf-8")  # half a minute of it
    env = {**environment, "TUNESMITH_EVENTS": str(events), "TUNESMITH_STOP_FILE": str(stop)}
    argv = sft(runtime, sample_model, output, "--val_dataset", str(held), "--eval_steps", "3", "--logging_steps", "1")
    argv += ["--per_device_eval_batch_size", "1", "--max_steps", "3" if last else "9"]
    threading.Thread(target=touch_after_step, args=(events, stop, 3, 2.0), daemon=True).start()
    errors = run(argv, env).stderr
    assert time.time() - stop.stat().st_mtime < 15
    assert "Val:" in errors
    seen = read(events)
    checkpoint = output / "checkpoint-3"
    assert [event["path"] for event in seen if event["ev"] == "save"] == [str(checkpoint)]
    assert seen[-1] == {"ev": "end", "step": 3, "finished": False, "stopped": True}
    assert is_whole_checkpoint(checkpoint)
    assert not any("eval_loss" in event for event in seen)
    stop.unlink()
    held.write_text(QUESTIONS.read_text(encoding="utf-8"), encoding="utf-8")
    run([*argv, "--resume_from_checkpoint", str(checkpoint)], env)
    ended = read(events)[-1]
    # transformers looks for the end only behind a step, so it takes one more where it resumes at the last
    assert ended == {"ev": "end", "step": 4 if last else 9, "finished": True, "stopped": False}
    assert is_whole_adapter(output / "adapter")


def touch_after_step(events: Path, stop: Path, step: int, pause: float = 0.0) -> None:
    """Make the stop file a moment after the training reported that step."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        if events.exists() and any(event.get("step", 0) >= step for event in whole_lines(events)):
            time.sleep(pause)
            stop.touch()
            return
        time.sleep(0.1)


def whole_lines(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
