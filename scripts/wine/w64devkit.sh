#!/usr/bin/env bash
# The build of llama.cpp with the real w64devkit, by Windows' Python under Wine. FOLDER was made by setup.sh.
# usage: [TUNESMITH_TEST_WHOLE_BUILD=1] scripts/wine/w64devkit.sh FOLDER [PYTEST ARGUMENTS]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
FOLDER=$(cd "$1" && pwd)
shift
. "$here/env.sh"
cd "$here/../.."
for name in w64devkit llama-cpp; do  # any Python unpacks them: they hold no code for one system
  [ -d "$FOLDER/packages/$name" ] || uv pip install -q --target "$FOLDER/packages/$name" --no-deps \
    -r "resources/requirements/$name.txt"
done
windows reg add 'HKCU\Software\Wine\Drivers' /v Graphics /d null /f  # the kit shows a window while it unpacks itself
export TUNESMITH_TEST_PACKAGES; TUNESMITH_TEST_PACKAGES=$(windows_path "$FOLDER/packages")
WINE_LIMIT=${WINE_LIMIT:-3600} "$here/pytest.sh" "$FOLDER" -m wine -s tests/core/stages/test_w64devkit_real.py "$@"
