"""The pages, one file each; a page is imported when it is first opened."""

from importlib import import_module

from gui.pages.base import Page
from gui.wizard.state import WizardState

PAGES = {
    "start": "StartPage",
    "environment": "EnvironmentPage",
    "model": "ModelPage",
    "dataset": "DatasetPage",
    "training": "TrainingPage",
    "export": "ExportPage",
    "ollama": "OllamaPage",
    "review": "ReviewPage",
    "run": "RunPage",
    "result": "ResultPage",
}
"""The steps that have a page (in the module of the step's name), and its class."""


def make_page(step: str, state: WizardState) -> Page:
    """A step's page."""
    page: Page = getattr(import_module(f"gui.pages.{step}"), PAGES[step])(state)
    page.build()
    return page
