"""Completes the ucrtbase.dll of a Wine 8 prefix: it lacks C99's complex functions, which numpy imports.

usage: complete_ucrt.py SYSTEM32. The new file has mingw's complex functions and forwards all else to ucrtwine.dll, a
copy of Wine's own.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

TARGET = "x86_64-w64-mingw32"
COMPLEX = (
    "cabs cacos cacosh carg casin casinh catan catanh ccos ccosh cexp cimag clog conj cpow cproj creal "
    "csin csinh csqrt ctan ctanh"
)
WINE_MARK = b"Wine builtin DLL"


def exports(dll: Path) -> list[str]:
    """The names that a DLL exports."""
    dump = subprocess.run([f"{TARGET}-objdump", "-p", dll], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^\t\[ *\d+\] (\S+)", dump.split("[Ordinal/Name Pointer] Table")[1], re.MULTILINE)


def complete(system32: Path) -> None:
    """Put the two files in place."""
    wines = system32 / "ucrtbase.dll"
    own = {name + kind: name + kind for name in COMPLEX.split() for kind in ("", "f")}
    own |= {f"{name}l": name for name in COMPLEX.split()}  # Windows' long double is a double
    lines = [f"{name} = {own[name]}" if name in own else f'"{name}" = "ucrtwine.{name}"' for name in exports(wines)]
    with tempfile.TemporaryDirectory() as folder:
        code, definitions, made = (Path(folder) / name for name in ("complex.c", "ucrt.def", "ucrtbase.dll"))
        code.write_text(f"#include <complex.h>\nvoid *kept[] = {{{', '.join(sorted({*own.values()}))}}};\n")
        definitions.write_text("LIBRARY ucrtbase.dll\nEXPORTS\n" + "\n".join(lines) + "\n")
        gcc = [f"{TARGET}-gcc", "-O1", "-shared", "-s", "-static", "-o", str(made), str(code), str(definitions)]
        subprocess.run(gcc, check=True)
        # without its mark, Wine takes the copy for a file of its own
        (system32 / "ucrtwine.dll").write_bytes(wines.read_bytes().replace(WINE_MARK, b"\0" * len(WINE_MARK), 1))
        wines.write_bytes(made.read_bytes())


if __name__ == "__main__":
    complete(Path(sys.argv[1]))
