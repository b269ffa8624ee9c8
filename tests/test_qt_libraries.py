import pytest

from tests.qt_libraries import cure, require_qt


def test_a_missing_library_is_named_with_its_package() -> None:
    said = cure("PySide6.QtGui", "libEGL.so.1: cannot open shared object file: No such file or directory")
    assert said == "PySide6.QtGui needs the system library libEGL.so.1: apt-get install libegl1"


def test_an_unknown_library_gives_the_whole_list() -> None:
    assert "libfontconfig1" in cure("PySide6.QtGui", "libstrange.so.9: cannot open shared object file")


def test_what_cannot_be_imported_ends_with_a_sentence() -> None:
    with pytest.raises(pytest.UsageError, match=r"PySide6\.NoSuchModule"):
        require_qt("PySide6.NoSuchModule")
