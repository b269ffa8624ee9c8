#!/usr/bin/env bash
# pytest of Windows' Python under Wine, in the folder of this checkout. usage: scripts/wine/pytest.sh FOLDER [ARGUMENTS]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
FOLDER=$(cd "$1" && pwd)
shift
. "$here/env.sh"
cd "$here/../.."
windows_path "$PWD" >"${windows_python%/*}/Lib/site-packages/tunesmith.pth"  # for the processes that the tests start
WINE_LIMIT="${WINE_LIMIT:-900}" windows "$windows_python" -m pytest -p no:cacheprovider "$@"
