"""The way to the hub is blocked: no server, a proxy that wants a password, a certificate of nobody's."""

import datetime as dt
import ipaddress
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.events import ADAPTER, StageFailed
from tests.hub_server import HubServer

pytestmark = pytest.mark.parametrize("source", ["modelscope", "huggingface"])
ENDPOINTS = {"modelscope": "MODELSCOPE_ENDPOINT", "huggingface": "HF_ENDPOINT"}


def failure(tmp_path: Path, source: str, endpoint: str, **env: str) -> str:
    """How a fetch ends in a process of its own: proxies are read once."""
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    quick = {"MODELSCOPE_REPO_TREE_PAGE_MAX_ATTEMPTS": "1", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    settings = {"TUNESMITH_CONFIG": str(tmp_path / "config"), ENDPOINTS[source]: endpoint, **quick}
    words = ["-m", "core", "fetch", "model", "a/b", "--from", source, "--to", str(tmp_path / "to"), "--json"]
    done = subprocess.run(
        [sys.executable, *words], env={**clean, **settings, **env}, capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 1, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    last = ADAPTER.validate_json(done.stdout.splitlines()[-1])
    assert isinstance(last, StageFailed)
    assert not (tmp_path / "to").exists()
    return last.code


def test_nobody_answers(tmp_path: Path, source: str) -> None:
    assert failure(tmp_path, source, "http://127.0.0.1:9") in {"connection_refused", "hub_unreachable"}


def test_an_unknown_host(tmp_path: Path, source: str) -> None:
    assert failure(tmp_path, source, "http://hub.invalid") == "no_network"


def test_the_users_proxy_is_asked_and_wants_a_password(tmp_path: Path, source: str) -> None:
    with HubServer() as proxy:
        assert (
            failure(tmp_path, source, "http://hub.invalid", HTTP_PROXY=proxy.url, http_proxy=proxy.url) == "proxy_login"
        )
        assert proxy.requests[0][0].startswith("http://hub.invalid/")


def test_a_certificate_of_nobodys(tmp_path: Path, source: str, tls: str) -> None:
    assert failure(tmp_path, source, tls) == "certificate_refused"


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[str]:
    """A server with a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "certificate.pem"
    file.write_bytes(key.private_bytes(pem, *plain) + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
