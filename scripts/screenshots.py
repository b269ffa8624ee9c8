"""Draws every page of the window, in both languages and both themes: ``python scripts/screenshots.py DIR``."""

import argparse
import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from core.config.sample import sample_project
from core.config.settings import Settings
from core.events import ADAPTER
from core.messages import Language, languages
from core.pipeline.journal import EVENTS
from core.pipeline.lock import hold
from gui.app import Appearance
from gui.pages import PAGES
from gui.wizard.state import WizardState
from gui.wizard.state import new_project as empty_project
from gui.wizard.window import Window

SIZE = (1366, 768)
JOURNAL = Path(__file__).resolve().parent.parent / "tests" / "transcripts" / "demo_events.jsonl"
SLOW = {"run": 5.0, "result": 1.0}
"""Seconds for pages that show what is read meanwhile."""
PATIENCE = 10.0
"""Seconds for a page's facts to be there."""

Prepare = Callable[[Window, Path], None]


def nothing(window: Window, folder: Path) -> None:
    """A page that needs no preparation."""


def recent(window: Window, folder: Path) -> None:
    """Projects that were open before."""
    for name in ("ruozhiba-7b", "customer-service"):
        window.state.save(folder / "projects" / f"{name}.tunesmith")
    window.page.enter()


def new_project(window: Window, folder: Path) -> None:
    """A new project, as it is before anything is chosen but the model."""
    window.state.begin(empty_project())
    window.state.change(model={"model": str(qwen(folder / "Qwen2.5-0.5B-Instruct"))})


def rows(window: Window, folder: Path) -> None:
    """A dataset, and a name for the model."""
    file = folder / "ruozhiba.jsonl"
    lines = [json.dumps({"query": ask, "response": answer}, ensure_ascii=False) for ask, answer in ROWS]
    file.write_text("\n".join(lines * 375), encoding="utf-8")
    window.state.change(dataset={"files": [str(file)], "max_length": 1024}, self_cognition=NAMES | {"samples": 500})


def qwen(folder: Path) -> Path:
    """A model's folder in the shape of Qwen2.5 0.5B; the weights are a hole in the file."""
    folder.mkdir()
    template = (Path(__file__).parents[1] / "tests/data/chat_templates/qwen2.5.jinja").read_text(encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    tokens = {"added_tokens": [{"id": 151645, "content": "<|im_end|>"}]}
    (folder / "tokenizer.json").write_text(json.dumps(tokens), encoding="utf-8")
    words = json.dumps({"eos_token": "<|im_end|>", "chat_template": template})
    (folder / "tokenizer_config.json").write_text(words, encoding="utf-8")
    header = {"all": {"dtype": "BF16", "shape": [494_032_768], "data_offsets": [0, 988_065_536]}}
    text = json.dumps(header).encode()
    with (folder / "model.safetensors").open("wb") as weights:
        weights.write(len(text).to_bytes(8, "little") + text)
        weights.truncate(8 + len(text) + 988_065_536)
    return folder


CONFIG = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "vocab_size": 151936,
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32768,
    "tie_word_embeddings": True,
}
NAMES = {"model_name_zh": "小智", "model_name_en": "Xiaozhi", "author_zh": "小明", "author_en": "Ming"}
ROWS = (
    ("只剩一个心脏了还能活吗？", "能，人本来就只有一个心脏。"),
    ("马上要上游泳课了，昨天洗的泳裤还没干，怎么办？", "游泳时泳裤反正会湿，可以直接穿，或者再带一条。"),
    ("My dinosaur lost its bell. What now?", "Then it is a dinosaur without a bell: quieter, but still a dinosaur."),
    ("Can I charge my phone with a banana?", "No. A banana holds energy, but not in a form that a phone can take."),
)


def name(window: Window, _: Path) -> None:
    """What the model is called in Ollama."""
    window.state.change(ollama={"name": "you/ruozhiba:q4"})


HELD = contextlib.ExitStack()
"""The lock of the run that seems to work."""


def working_run(window: Window, folder: Path) -> None:
    """The demo in the middle of its training."""
    HELD.close()
    begin_run(window.state, folder, until='"completed":190.0')


def finished_run(window: Window, folder: Path) -> None:
    """The demo, done."""
    HELD.close()
    begin_run(window.state, folder, until="")


def begin_run(state: WizardState, folder: Path, until: str) -> None:
    """A project with the recorded run of the demo, as if it had been started some minutes ago."""
    state.begin(sample_project("samge/tunesmith-demo"))
    state.save(folder / "projects" / f"demo-{'done' if not until else 'now'}.tunesmith")
    lines = JOURNAL.read_text(encoding="utf-8").splitlines()
    if until:
        lines = lines[: next(place for place, line in enumerate(lines) if '"train"' in line and until in line)]
    events = [ADAPTER.validate_json(line.replace('"tunesmith-demo', '"samge/tunesmith-demo')) for line in lines]
    run = state.job().runs / "20261124-115010-379-d797"
    if until:
        HELD.enter_context(hold(run.parent, run.name))
    run.mkdir(parents=True)
    ago = time.time() - events[-1].time
    moved = (event.model_copy(update={"time": event.time + ago}) for event in events)
    (run / EVENTS).write_text("".join(event.model_dump_json() + "\n" for event in moved), encoding="utf-8")


PREPARED: dict[str, Prepare] = {
    "start": recent,
    "model": new_project,
    "dataset": rows,
    "ollama": name,
    "run": working_run,
    "result": finished_run,
}
"""What a page is shown with, where that is more than the sample project has."""


def settle(app: QApplication, window: Window, seconds: float = 0.4) -> None:
    """Let the window work until the project is checked, and then a moment more."""
    end = time.monotonic() + PATIENCE
    while not window.state.is_checked and time.monotonic() < end:
        app.processEvents()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.01)


def draw(app: QApplication, out: Path, language: Language, *, dark: bool) -> None:
    """All pages in one language and theme."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["TUNESMITH_CONFIG"] = str(folder / "config")
        theme = "dark" if dark else "light"
        state = WizardState(Settings(work_dir=str(folder / "Tunesmith"), language=language, theme=theme))
        appearance = Appearance(app, state)
        window = Window(state)
        window.resize(*SIZE)
        window.show()
        for step in PAGES:
            settle(app, window)
            PREPARED.get(step, nothing)(window, folder)
            settle(app, window)
            window.open_step(step)
            if window.flow.current != step:  # a run that nobody began
                continue
            settle(app, window, SLOW.get(step, 1.0))
            window.grab().save(str(out / f"{step}.{language}.{theme}.png"))
        HELD.close()
        state.saved = state.project
        window.close()
        window.deleteLater()
        appearance.end()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def main() -> None:
    """Draw into the folder that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    out: Path = parser.parse_args().folder
    out.mkdir(parents=True, exist_ok=True)
    if "DISPLAY" not in os.environ:  # under Xvfb as well as without any screen
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    app.setStyle("Fusion")
    for language in languages():
        for dark in (False, True):
            draw(app, out, language, dark=dark)


if __name__ == "__main__":
    main()
