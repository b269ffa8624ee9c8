"""The network, hubs, and packages of the training runtime."""

from core.messages.text import Text

MESSAGES: dict[str, Text] = {
    "package_hash_mismatch": Text(
        "A downloaded package differs from the one that was checked.",
        "Run again. If a proxy or mirror is set, try without it.",
    ),
    "packages_offline": Text(
        "A package is not in the cache, and the network is turned off.",
        "Connect to the internet, or give a folder of wheels (find-links).",
    ),
    "packages_unsolvable": Text(
        "The packages cannot be installed together: {reason}",
        'Check the package index and the constraints that pip is configured with, then run "tunesmith runtime repair".',
    ),
    "package_no_wheel": Text(
        "There is no ready-made {package} for this system or Python.",
        "Use Python 3.11 or 3.12 on 64-bit Linux or Windows.",
    ),
    "package_build_failed": Text(
        "The package {package} could not be built.",
        'Read the log; on Linux install g++ and python3-dev, then run "tunesmith runtime repair".',
    ),
    "python_missing": Text(
        "No Python {version} was found for the training runtime.",
        "Install it, or choose an environment in the settings (runtime.python).",
    ),
    "python_unusable": Text(
        "The Python at {path} cannot be used.",
        'Correct runtime.python in the settings, or run "tunesmith runtime repair".',
    ),
    "no_network": Text(
        "There is no connection to the internet, or the address is unknown.",
        "Check the connection and the proxy, and run again: it goes on where it was.",
    ),
    "network_failed": Text(
        "A download failed after several tries.",
        "Check the connection and the proxy, and run again: it goes on where it was.",
    ),
    "connection_timed_out": Text("The other side did not answer in time.", "Run again later, or use a mirror."),
    "connection_reset": Text("The connection was cut off.", "Run again: it goes on where it was."),
    "connection_refused": Text(
        "The other side refused the connection.",
        "Check that the server runs, and the address and proxy in the settings.",
    ),
    "certificate_refused": Text(
        "The server's certificate could not be verified.",
        "Check the computer's date; behind a company proxy, install its certificate.",
    ),
    "proxy_login": Text(
        "The proxy asks for a user name and password.",
        "Put them into the proxy's address: http://user:password@host:port",
    ),
    "proxy_failed": Text("The proxy could not be reached.", "Check HTTP_PROXY and HTTPS_PROXY, or turn the proxy off."),
    "http_refused": Text(
        "The server refused access (HTTP {status}).",
        "Log in to the hub and accept the model's conditions there; then set the token.",
    ),
    "http_missing": Text("The server has no such file (HTTP 404).", "Check the model's name and revision."),
    "http_busy": Text("The server asks to wait: too many requests (HTTP 429).", "Run again in a few minutes."),
    "http_server_error": Text(
        "The server has trouble of its own (HTTP {status}).",
        "Run again later, or use a mirror.",
    ),
    "hub_gated": Text(
        "The model's owner lets only registered users download it.",
        "Ask for access on the model's page, then set the token.",
    ),
    "hub_not_found": Text(
        "The hub has no model or dataset of this name.",
        "Check the name, and whether it lies on ModelScope or Hugging Face.",
    ),
    "hub_unreachable": Text(
        "The model hub could not be reached.",
        "Check the connection, choose the other hub, or use a local folder.",
    ),
    "download_refused": Text(
        "{host} does not give the file (HTTP {status}).",
        "Run again later; if it stays so, choose another way in the settings, or a newer Tunesmith.",
    ),
    "download_differs": Text(
        "What {address} gives for {name} is not the file that was checked: its length or sha256 is another.",
        "Run again. If a proxy or mirror is set, try without it.",
    ),
    "address_failed": Text("{address} did not give the file, the next address is tried.", ""),
    "archive_unsafe": Text(
        "The archive {name} was not unpacked: it holds a name that leads out of its folder ({entry}).",
        "Delete it and run again; if it stays so, do not use this source.",
    ),
    "source_unverified": Text(
        "{what}: nobody could check the files of {address} for this version, and no checksum of them is known.",
        'If you trust that address, use --allow-unverified, or put "allow_unverified = true" into settings.toml. '
        "For packages you can also name a package index of your own in pip's settings.",
    ),
    "download_corrupt": Text("A downloaded file is damaged.", "Run again: it is fetched anew."),
    "uv_missing": Text("The program uv is missing.", 'Install it with "python -m pip install uv".'),
    "download_damaged": Text("The file {name} is damaged.", "Run again: it is fetched anew."),
}
