"""Addresses that strangers give: what is fetched, and what is not even connected to."""

from __future__ import annotations

import datetime
import gzip
import ipaddress
import logging
import ssl
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fakes import serve
from tests.fakes.files import FileHost
from webhook.logs import quiet_libraries
from webhook.media.download import (
    INTERNET,
    LOOPBACK,
    DownloadError,
    Network,
    download,
    is_public,
    network_of,
)

HOSTS = ("127.0.0.1", "files.test")


@pytest.fixture
def files() -> Iterator[tuple[FileHost, str]]:
    host = FileHost(content=b"a picture")
    with serve(host.app()) as url:
        yield host, url


def finds(*addresses: str) -> Network:
    """The internet, with a name service that gives these addresses for every name."""
    return Network("https", 443, is_public, resolve=lambda *_: addresses)


def refused(url: str, network: Network = INTERNET, limit: int = 1000) -> str:
    """Why an address is not fetched."""
    with pytest.raises(DownloadError) as error:
        download(url, HOSTS, limit, network)
    return str(error.value)


# What is fetched.


def test_a_file_comes_whole(files: tuple[FileHost, str]) -> None:
    _, url = files
    assert download(f"{url}/file", HOSTS, 9, LOOPBACK) == b"a picture"


def test_a_redirect_is_followed_and_the_third_is_the_last(files: tuple[FileHost, str]) -> None:
    host, url = files
    host.leads_to = "/file"
    assert download(f"{url}/to", HOSTS, 1000, LOOPBACK) == b"a picture"
    host.leads_to = f"{url}/to"
    host.asked.clear()
    assert refused(f"{url}/to", LOOPBACK) == "too many redirects"
    assert len(host.asked) == 4


@pytest.mark.parametrize("path", ["file", "endless"])
def test_it_stops_reading_at_the_limit(files: tuple[FileHost, str], path: str) -> None:
    _, url = files
    assert refused(f"{url}/{path}", LOOPBACK, limit=8) == "the file is too large"


def test_a_zipped_body_is_not_unpacked(files: tuple[FileHost, str]) -> None:
    host, url = files
    host.content = gzip.compress(bytes(5_000_000))
    assert download(f"{url}/zipped", HOSTS, 10_000, LOOPBACK) == host.content


def test_a_file_that_comes_too_slowly_is_given_up(files: tuple[FileHost, str]) -> None:
    _, url = files
    hurried = replace(LOOPBACK, within_s=0.2)
    assert refused(f"{url}/endless", hurried, limit=10**12) == "the file comes too slowly"


def test_an_error_page_is_no_file(files: tuple[FileHost, str]) -> None:
    _, url = files
    assert refused(f"{url}/gone", LOOPBACK) == "status 404"


# Where it does not go.


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://files.test/a.jpg", "not a plain https address"),
        ("file:///etc/passwd", "not a plain https address"),
        ("//files.test/a.jpg", "not a plain https address"),
        ("https://me:pass@files.test/a.jpg", "not a plain https address"),
        ("https://files.test:8443/a.jpg", "an unusual port"),
        ("https://files.test.evil.example/a.jpg", "a foreign host"),
        ("https://evilfiles.test/a.jpg", "a foreign host"),
        ("https://files.test@evil.example/a.jpg", "not a plain https address"),
        ("https://evil.example/files.test", "a foreign host"),
        ("https://[::1]/a.jpg", "a foreign host"),
        ("https://", "a foreign host"),
        ("https://files.test\r\nx: y/", "no address"),
        ("", "not a plain https address"),
    ],
)
def test_an_address_that_is_not_the_platforms_is_refused(url: str, why: str) -> None:
    assert refused(url, finds("1.1.1.1")) == why


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "192.0.0.192",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)
def test_a_name_that_leads_into_a_network_is_refused(address: str) -> None:
    assert refused("https://files.test/a", finds(address)) == "an address that must not be reached"
    assert refused("https://files.test/a", finds("1.1.1.1", address)).startswith("an address")


@pytest.mark.parametrize("address", ["1.1.1.1", "113.161.1.1", "2606:4700:4700::1111"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_a_name_nobody_knows_is_refused() -> None:
    def nobody(*_: object) -> list[str]:
        raise OSError("no such name")

    network = Network("https", 443, is_public, resolve=nobody)
    assert refused("https://files.test/a", network) == "an unknown host"


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/file",
        "http://localhost/file",
        "http://0.0.0.0/file",
        "http://2130706433/file",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
    ],
)
def test_a_redirect_is_checked_like_the_address_itself(
    files: tuple[FileHost, str], target: str
) -> None:
    host, url = files
    host.leads_to = target
    refused(f"{url}/to", LOOPBACK)
    assert [path.endswith("/to") for path in host.asked] == [True]


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(
    files: tuple[FileHost, str],
) -> None:
    host, url = files
    port = url.rpartition(":")[2]
    asked = count()

    def changing(*_: object) -> list[str]:
        return ["127.0.0.1"] if next(asked) == 0 else ["10.0.0.1"]

    network = Network("http", None, lambda ip: ip.is_loopback, resolve=changing)
    assert download(f"http://files.test:{port}/file", HOSTS, 1000, network) == b"a picture"
    assert host.asked == [f"files.test:{port}/file"]
    assert next(asked) == 1
    assert refused(f"http://files.test:{port}/file", network).startswith("an address")


def test_the_next_address_of_a_host_is_tried(files: tuple[FileHost, str]) -> None:
    _, url = files
    network = Network(
        "http", None, lambda ip: ip.is_loopback, resolve=lambda *_: ["127.0.0.9", "127.0.0.1"]
    )
    assert download(url.replace("127.0.0.1", "files.test") + "/file", HOSTS, 99, network)


# Certificates: the connection goes to a number, the certificate must be the host's.


def authority(folder: Path, name: str) -> ssl.SSLContext:
    """Writes a certificate for a name, that a server can use; gives a context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return ssl.create_default_context(cafile=folder / "cert.pem")


@pytest.mark.parametrize(("name", "welcome"), [("files.test", True), ("other.test", False)])
def test_the_certificate_must_be_of_the_host(tmp_path: Path, name: str, welcome: bool) -> None:
    trusted = authority(tmp_path, name)
    network = Network("https", None, lambda ip: ip.is_loopback, lambda *_: ["127.0.0.1"], trusted)
    host = FileHost(content=b"a picture")
    tls = {"ssl_certfile": tmp_path / "cert.pem", "ssl_keyfile": tmp_path / "key.pem"}
    with serve(host.app(), **tls) as url:
        address = f"https://files.test:{url.rpartition(':')[2]}/file"
        if welcome:
            assert download(address, HOSTS, 1000, network) == b"a picture"
        else:
            assert refused(address, network) == "no connection"
            assert not host.asked


# Which network a platform's files are in.


@pytest.mark.parametrize(
    ("api", "network"),
    [
        ("https://bot-api.zaloplatforms.com", INTERNET),
        ("http://127.0.0.1:8081", LOOPBACK),
        ("http://localhost:8081", LOOPBACK),
        ("https://127.0.0.1:8081", INTERNET),
        ("http://stand-in.example", INTERNET),
    ],
)
def test_only_a_stand_in_on_this_machine_keeps_its_files_here(api: str, network: Network) -> None:
    assert network_of(api) is network


def test_no_log_line_holds_an_address(
    files: tuple[FileHost, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    quiet_libraries()
    _, url = files
    download(f"{url}/file?token=s3cret", HOSTS, 1000, LOOPBACK)
    refused(f"{url}/gone?token=s3cret", LOOPBACK)
    assert "s3cret" not in caplog.text
    assert url not in caplog.text
