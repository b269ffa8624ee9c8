"""Each stage's product, read back by other means than ours."""

import json
import os
import subprocess

import gguf
import numpy as np
import pytest

from core.events import Progress, StageFinished
from core.models.folder import inspect_model
from core.models.gguf_file import read_gguf, zero_tensors
from core.stages.job import Job
from core.tools.ollama_connection import Client
from core.tools.ollama_models import digest_of
from tests.e2e.workshop import Demo, Workshop, tunesmith

pytestmark = pytest.mark.real

GENERATE = """
import json, sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
texts = []
for prompt in json.loads(sys.argv[2]):
    asked = [{"role": "user", "content": prompt}]
    text = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(text, return_tensors="pt").input_ids
    out = model.generate(ids, do_sample=False, max_new_tokens=24)[0, ids.shape[1]:]
    texts.append([text, tokenizer.decode(out, skip_special_tokens=True)])
print(json.dumps(texts))
"""
PROMPTS = ("你是谁？", "Who are you?", "What is the capital of Italy?")


@pytest.fixture(scope="session")
def job(demo: Demo) -> Job:
    assert demo.first.code == 0, demo.first.output
    return demo.job()


def field_text(reader: gguf.GGUFReader, key: str) -> str:
    field = reader.get_field(key)
    assert field is not None, key
    return str(field.contents())


def test_the_gguf_says_what_was_trained(job: Job) -> None:
    path = job.gguf("f16")
    reader = gguf.GGUFReader(path)
    assert field_text(reader, "general.architecture") == "qwen2"
    assert field_text(reader, "tokenizer.chat_template") == inspect_model(job.merged).chat_template
    assert field_text(reader, "tokenizer.ggml.eos_token_id") == "151645"
    assert field_text(reader, "tokenizer.ggml.pre") == "qwen2"
    ours = read_gguf(path)
    assert {t.name: (t.shape, t.type, t.offset, t.size) for t in ours.tensors} == {
        t.name: (tuple(map(int, t.shape)), t.tensor_type.name, int(t.data_offset), int(t.n_bytes))
        for t in reader.tensors
    }


@pytest.mark.parametrize(("kind", "types"), [("Q4_0", {"Q4_0"}), ("Q4_K_M", {"Q5_0", "Q8_0"}), ("Q8_0", {"Q8_0"})])
def test_quantized_weights_are_of_their_type_and_near_the_original(job: Job, kind: str, types: set[str]) -> None:
    small, full = gguf.GGUFReader(job.gguf(kind)), gguf.GGUFReader(job.gguf("f16"))
    assert types <= {tensor.tensor_type.name for tensor in small.tensors}
    assert zero_tensors(read_gguf(job.gguf(kind))) == []
    originals = {tensor.name: tensor for tensor in full.tensors}
    for tensor in small.tensors:
        if tensor.tensor_type.name == "F32":
            continue
        got = gguf.dequantize(tensor.data, tensor.tensor_type)
        wanted = originals[tensor.name].data.astype(np.float32)
        assert np.abs(got - wanted).mean() < 0.12 * np.abs(wanted).mean(), tensor.name


def test_greedy_text_of_the_merged_model_is_that_of_its_gguf(job: Job) -> None:
    python = str(job.runtime.python)
    output = subprocess.run(
        [python, "-c", GENERATE, str(job.merged), json.dumps(PROMPTS)], capture_output=True, check=True
    ).stdout
    completion = job.llama_cpp.completion
    assert completion is not None
    for prompt, expected in json.loads(output.decode("utf-8").splitlines()[-1]):
        argv = [str(completion), "-m", str(job.gguf("f16")), "-p", prompt, "-n", "24", "--temp", "0", "--no-warmup"]
        options = ["-no-cnv", "--no-display-prompt", "--simple-io", "-c", "256", "-t", "2"]
        done = subprocess.run([*argv, *options], capture_output=True, check=True, stdin=subprocess.DEVNULL)
        assert done.stdout.decode("utf-8").partition(" [end of text]")[0].strip() == expected.strip()


def test_a_project_in_a_deep_chinese_folder(workshop: Workshop, ollama_server: str) -> None:
    """Spaces, Chinese and 200 characters; every stage, the answer through Ollama, and what a change runs again."""
    folder = workshop.folder / ("很长的 folder name " * 12)[:180]
    deep = Workshop(workshop.demo, folder, "项目 one")
    deep.write(ollama={"name": "deep-test"})
    first = deep.run()
    assert first.code == 0, first.output
    finished = {event.stage for event in deep.events() if isinstance(event, StageFinished)}
    assert {"prepare_dataset", "train", "evaluate", "merge", "convert", "quantize", "smoke_test"} <= finished
    steps = [event for event in deep.events() if isinstance(event, Progress) and event.stage == "train"]
    assert steps[-1].completed == steps[-1].total
    deep.write(ollama={"name": "deep-test"}, export={"quantizations": ["Q8_0", "Q4_0"]})
    second = deep.run()
    assert second.code == 0, second.output
    assert {event.stage for event in deep.events() if isinstance(event, StageFinished)} == {"quantize", "create_ollama"}
    with Client(ollama_server) as client:
        assert digest_of(client, "deep-test:q8_0") == digest_of(client, "deep-test")
        assert digest_of(client, "deep-test:q4_0") not in (None, digest_of(client, "deep-test"))
    deep.write(ollama={"name": "deep-test", "temperature": 0.5}, export={"quantizations": ["Q8_0", "Q4_0"]})
    deep.run()
    again = {event.stage for event in deep.events() if isinstance(event, StageFinished)}
    assert again == {"create_ollama", "create_base", "smoke_test"}


def test_a_quantized_training_ends_in_a_model_of_full_precision(workshop: Workshop) -> None:
    workshop.write(lora={"quant_bits": 4}, training={"num_train_epochs": 1})
    done = workshop.run("--until", "merge")
    assert done.code == 0, done.output
    job = workshop.job()
    assert inspect_model(job.merged).parameters == job.model.parameters
    assert "quantization_config" not in (job.merged / "config.json").read_text(encoding="utf-8")
    assert sorted(path.name for path in job.folder("merge").iterdir()) == ["artifact.json", "model"]
    assert not list(job.folder("train").glob("*-merged"))


def test_the_bash_script_of_plan_does_the_job_by_hand(workshop: Workshop, demo: Demo, ollama_server: str) -> None:
    workshop.write(ollama={"name": "by-hand"}, training={"num_train_epochs": 1})
    script = tunesmith("plan", workshop.file, "--shell", "bash")
    assert script.code == 0, script.output
    path = workshop.folder / "job.sh"
    programs = workshop.folder / "programs"
    programs.mkdir()
    server = demo.folder / "demo" / "ollama" / "lib" / "ollama-lib"
    ollama = programs / "ollama"
    ollama.write_text(f"#!/bin/sh\nexport OLLAMA_NUM_GPU=0\nexec '{server}' \"$@\"\n", encoding="utf-8")
    ollama.chmod(0o755)
    steps = [
        part for part in script.output.split("\n# ") if not part.startswith(("install_runtime", "build_llama_cpp"))
    ]
    path.write_text("\n# ".join(steps), encoding="utf-8")  # those two are everybody's, and there already
    env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", str(path)], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8")[-3000:]
    by_hand = workshop.file.with_name("small.by-hand")
    assert read_gguf(by_hand / "quantize" / "model-Q8_0.gguf").architecture == "qwen2"
    answers = json.loads((by_hand / "smoke_test" / "answers.json").read_text(encoding="utf-8"))
    assert set(answers["你是谁？"]) == {"tuned", "base"}
