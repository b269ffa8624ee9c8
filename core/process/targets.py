"""The places beside this computer where commands can run, by the names that the journal keeps of them."""

from core.process import docker, wsl


def end_marked(target: str, mark: str) -> int:
    """End what a dead run left in a place; returns how much it was."""
    match target.split(":", 2):
        case [docker.NAME]:
            return docker.end_containers(mark)
        case [wsl.NAME, distribution, python]:
            return wsl.WslTarget(distribution, python).end(mark)
        case _:  # this computer, where processes are found by themselves
            return 0
