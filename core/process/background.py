"""Work that waits for the network, done in a thread, so that a stop is obeyed meanwhile."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from typing import Generic, TypeVar

from core.process.run import TICK

AHEAD = 16
"""Items that are made before they are wanted."""

T = TypeVar("T")


def in_background(items: Iterable[T], check: Callable[[], None]) -> Generator[T, None, None]:
    """The items, made in a thread of their own; ``check`` is called before each and every tick, and may raise.

    What the making raises is raised here. A maker that nobody waits for any more ends at its next item.
    """
    maker = _Maker(items)
    threading.Thread(target=maker.run, daemon=True).start()
    try:
        while True:
            check()
            try:
                item = maker.made.get(timeout=TICK)
            except queue.Empty:
                continue
            if not item:
                break
            yield item[0]
    finally:
        maker.left.set()
    if maker.error is not None:
        raise maker.error


class _Maker(Generic[T]):
    """Puts the items into a queue; an empty tuple is the end."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = items
        self.made: queue.Queue[tuple[T] | tuple[()]] = queue.Queue(AHEAD)
        self.left = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            for item in self._items:
                self._put((item,))
                if self.left.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised again by who waits for the items
            self.error = error
        self._put(())

    def _put(self, item: tuple[T] | tuple[()]) -> None:
        while not self.left.is_set():
            try:
                self.made.put(item, timeout=TICK)
            except queue.Full:
                continue
            return
