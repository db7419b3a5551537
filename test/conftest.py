# SPDX-License-Identifier: Apache-2.0
"""Fixtures of all tests. A server is shared by a whole module; a test that breaks one starts its own."""
import os
import subprocess

import pytest

from harness.mariadb import MariaDb
from harness.server import Server


def pytest_addoption(parser):
    parser.addoption("--chaos", action="store_true", help="also run tests marked chaos")
    parser.addoption("--soak", action="store_true", help="also run tests marked soak")


def pytest_collection_modifyitems(config, items):
    for item in items:
        for name in ("chaos", "soak"):
            if name in item.keywords and not config.getoption("--" + name):
                item.add_marker(pytest.mark.skip(reason=f"only with --{name}"))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """(certificate, key) of a self-signed pair for localhost."""
    directory = tmp_path_factory.mktemp("tls")
    certificate, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


def tls_settings(certificate) -> dict:
    return {"tls.cert": certificate[0], "tls.key": certificate[1]}


@pytest.fixture(scope="module")
def server(certificate):
    """A fresh server for the module's tests, which must still be alive after the last of them."""
    started = Server(settings=tls_settings(certificate)).start()
    try:
        yield started
        assert started.alive(), f"the server died:\n{started.log_tail()}"
    finally:
        started.close()


@pytest.fixture(scope="module")
def target(request, certificate):
    """What the client programs run against: the server under test, or with SLUICE_TARGET=mariadb the peer."""
    if os.environ.get("SLUICE_TARGET") == "mariadb":
        with MariaDb() as peer:
            peer.ca = peer.directory / "tls" / "cert.pem"
            peer.flavour = "mariadb"
            yield peer
        return
    started = request.getfixturevalue("server")
    started.ca, started.flavour = certificate[0], "sluice"
    yield started
