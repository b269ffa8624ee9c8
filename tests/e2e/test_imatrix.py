"""An importance matrix for both models: the tuned one, and the base that it is compared with."""

import gguf
import pytest

from core.events import ChildStarted
from tests.e2e.workshop import Workshop

pytestmark = pytest.mark.real


def test_tuned_and_base_are_measured(workshop: Workshop, ollama_server: str) -> None:
    workshop.write(
        dataset={"files": ["问答 rows.jsonl#120"]},
        training={"num_train_epochs": 1, "evaluate_rows": 0},
        export={"quantizations": ["IQ4_NL"], "imatrix": True},
        ollama={"name": "measured"},
    )
    done = workshop.run()
    assert done.code == 0, done.output
    measuring = {
        event.stage for event in workshop.events() if isinstance(event, ChildStarted) and "--imatrix" in event.argv
    }
    assert measuring == {"quantize", "create_base"}
    reader = gguf.GGUFReader(workshop.job().gguf("IQ4_NL"))
    assert reader.get_field("quantize.imatrix.entries_count") is not None
