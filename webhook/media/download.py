"""Fetching a file that a stranger gave the address of, without being led anywhere else.

The address must be https, of a host in a list, and resolve to public network addresses alone; the
connection goes to the very address that was checked, so that a name cannot change its mind between
the check and the call. Each redirect is checked the same way.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

MOST_REDIRECTS = 3
MOST_ADDRESSES = 3
"""Of one host that are tried."""
CALL_TIMEOUT = httpx.Timeout(10.0, connect=5.0)

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Host, port → network addresses. OSError if there are none."""

_NEVER = (
    ipaddress.ip_network("192.0.0.0/24"),  # of protocols; a cloud's metadata service is among them
    ipaddress.ip_network("64:ff9b::/96"),  # each stands for an IPv4 address, whichever it may be
    ipaddress.ip_network("64:ff9b:1::/48"),
)
"""Networks that Python calls global, or that releases of it before 3.11.10 do."""


class DownloadError(Exception):
    """A file was not fetched. The text names neither its address nor its content."""


def is_public(ip: IP) -> bool:
    """Whether an address is one of the internet: none of a network's own, of this machine, of a
    cloud's metadata service, and no IPv6 form of such a one."""
    if ip.version == 6 and (ip.ipv4_mapped or ip.sixtofour or ip.teredo):
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NEVER)


def resolve(host: str, port: int) -> list[str]:
    """The system's answer."""
    return list(
        dict.fromkeys(
            str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
    )


@dataclass(frozen=True)
class Network:
    """What a download may reach."""

    scheme: str
    port: int | None
    """The only port; None: any."""
    allowed: Callable[[IP], bool]
    resolve: Resolve = resolve
    tls: ssl.SSLContext | None = None
    """Whom to trust; None: the usual authorities."""
    within_s: float = 30.0
    """For the whole file; a server must not hold a worker by sending a byte now and then."""


INTERNET = Network("https", 443, is_public)
LOOPBACK = Network("http", None, lambda ip: ip.is_loopback)
"""This machine alone, for the stand-in of a platform that keeps its files here."""


def network_of(api: str) -> Network:
    """Where a platform keeps its files, by the base URL of its API: on this machine if that is
    plain http on a loopback address, as only a stand-in's is; otherwise on the internet."""
    url = httpx.URL(api)
    return LOOPBACK if url.scheme == "http" and _is_loopback(url.host) else INTERNET


def download(url: str, hosts: Sequence[str], limit: int, network: Network = INTERNET) -> bytes:
    """The content at `url`, at most `limit` bytes, if its host is one of `hosts` or below one
    ("zdn.vn" allows "photo.zdn.vn"). DownloadError otherwise."""
    deadline = time.monotonic() + network.within_s
    # trust_env: a proxy of the environment would look the name up by itself.
    verify = network.tls or True
    with httpx.Client(verify=verify, trust_env=False, timeout=CALL_TIMEOUT) as client:
        for _ in range(MOST_REDIRECTS + 1):
            target = _checked(url, hosts, network)
            got = _fetch(client, target, network, limit, deadline)
            if isinstance(got, bytes):
                return got
            url = got
    raise DownloadError("too many redirects")


def _checked(url: str, hosts: Sequence[str], network: Network) -> httpx.URL:
    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        raise DownloadError("no address") from None
    if target.scheme != network.scheme or target.userinfo:
        raise DownloadError(f"not a plain {network.scheme} address")
    if network.port and (target.port or network.port) != network.port:
        raise DownloadError("an unusual port")
    host = target.raw_host.decode("ascii").lower()
    if not any(host == known or host.endswith(f".{known}") for known in hosts):
        raise DownloadError("a foreign host")
    return target


def _fetch(
    client: httpx.Client, target: httpx.URL, network: Network, limit: int, deadline: float
) -> bytes | str:
    """The content, or the address that the server points to instead."""
    for address in _addresses(target, network):
        try:
            return _fetch_from(client, address, target, limit, deadline)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue  # the host may have another
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DownloadError(type(error).__name__) from None
    raise DownloadError("no connection")


def _addresses(target: httpx.URL, network: Network) -> list[str]:
    """The host's network addresses. DownloadError if one of them must not be reached."""
    host = target.raw_host.decode("ascii")
    port = target.port or {"https": 443, "http": 80}[target.scheme]
    try:
        found = [ipaddress.ip_address(address) for address in network.resolve(host, port)]
    except (OSError, ValueError, UnicodeError):
        raise DownloadError("an unknown host") from None
    if not all(map(network.allowed, found)):
        raise DownloadError("an address that must not be reached")
    return [str(address) for address in found[:MOST_ADDRESSES]]


def _fetch_from(
    client: httpx.Client, address: str, target: httpx.URL, limit: int, deadline: float
) -> bytes | str:
    request = client.build_request(
        "GET",
        target.copy_with(host=address),
        headers={
            "host": target.netloc.decode("ascii"),
            # A compressed body of allowed size may grow a thousandfold when it is unpacked.
            "accept-encoding": "identity",
        },
        # The certificate must be the host's, although the connection goes to a number.
        extensions={"sni_hostname": target.raw_host.decode("ascii")},
    )
    response = client.send(request, stream=True, follow_redirects=False)
    try:
        if response.has_redirect_location:
            return str(target.join(response.headers["location"]))
        if response.status_code != 200:
            raise DownloadError(f"status {response.status_code}")
        return _body(response, limit, deadline)
    finally:
        response.close()


def _body(response: httpx.Response, limit: int, deadline: float) -> bytes:
    """The body as it comes over the wire, given up on as soon as it is too large or too slow."""
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > limit:
            raise DownloadError("the file is too large")
        if time.monotonic() > deadline:
            raise DownloadError("the file comes too slowly")
    return bytes(body)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
