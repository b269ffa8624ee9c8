# Sourced: what a Wine of Debian 12 needs to run Windows' own Python. FOLDER holds the prefix and that Python (absolute).
: "${FOLDER:?}"
export WINEPREFIX="$FOLDER/prefix" WINEARCH=win64 WINEDEBUG=-all
# no .NET, no browser; no WMI (Wine 8 dies in it); no menu entries in the Linux home; no debugger that waits for a click
export WINEDLLOVERRIDES="mscoree,mshtml,wbemprox,winemenubuilder.exe,winedbg.exe="
export LC_ALL="${WINE_LOCALE:-C.UTF-8}"
windows_python="$FOLDER/python/cp312/python.exe"

# Python under Wine dies of a standard handle that is a plain file ("init_sys_streams ... WinError 6"): give it pipes.
# Nor does Wine end by itself when a program hangs.
windows() { (set -o pipefail; : | timeout "${WINE_LIMIT:-300}" /usr/lib/wine/wine64 "$@" 2>&1 | cat); }
windows_path() { printf 'Z:%s' "${1//\//\\}"; }  # drive Z: is /
