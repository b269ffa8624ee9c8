"""The ms-swift commands that a project becomes."""

from pathlib import Path

import pytest

from core.process.command import HostPath
from core.tools import swift

MODEL = swift.ModelFacts(Path("/base"), "qwen2", "qwen", None, "float32", "cpu")


@pytest.mark.parametrize("quantized", [False, True])
def test_an_adapter_of_a_quantized_training_is_merged_into_the_base_in_full_precision(*, quantized: bool) -> None:
    """Its args.json would make ms-swift merge beside the adapter, and write a model in 4 bits."""
    command = swift.merge(HostPath(Path("/p")), MODEL, Path("/adapter"), Path("/out"), on_cpu=True, quantized=quantized)
    words = [str(token) for token in command.argv]
    assert words[words.index("--output_dir") + 1] == str(Path("/out"))
    assert ("--load_args" in words) == quantized
    assert not quantized or words[words.index("--load_args") + 1] == "false"


def test_awq_measures_on_as_many_rows_as_the_project_says() -> None:
    """A count behind the dataset would be cut at ms-swift's own 256, and repeat rows where there are fewer."""
    command = swift.awq(
        HostPath(Path("/p")), MODEL, Path("/m"), Path("/r.jsonl"), count=512, max_length=256, output=Path("/o")
    )
    words = [str(token) for token in command.argv]
    assert words[words.index("--dataset") + 1] == str(Path("/r.jsonl"))
    assert words[words.index("--quant_n_samples") + 1] == "512"
