"""Which addresses a webhook may go to: the public internet, and the networks the operator named.

Whoever may register an endpoint would otherwise have this server ask its own network (server-side request forgery).
The name is looked up once, every address it has is checked, and the call goes to the address that was checked: a name
that means something else a moment later (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from billing_service.errors import FieldError, InvalidInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """This name or address is not called; the message says why."""


def networks_of(names: Sequence[str]) -> tuple[Network, ...]:
    """Raises ``ValueError`` for what is no network, such as ``10.0.0.0/8``."""
    return tuple(ipaddress.ip_network(name) for name in names)


def check_url(url: str, networks: Sequence[Network]) -> SplitResult:
    """The parts of an address that a webhook may have. Looks nothing up.

    Raises InvalidInput for anything but https (http only to an address within the operator's networks), for
    credentials and fragments, and for an address that is written as a number and is not allowed.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _invalid("is no web address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise _invalid("must be an address such as https://example.org/hooks")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _invalid("must not hold a user name, password or fragment")
    literal = _literal(parts.hostname)
    if literal is not None and not is_allowed(literal, networks):
        raise _invalid("is an address within a network that webhooks do not go to")
    if parts.scheme == "http" and not networks:
        raise _invalid("must begin with https: http goes to networks in BILLING_WEBHOOK_NETWORKS alone")
    return parts


def resolve(parts: SplitResult, networks: Sequence[Network]) -> str:
    """The address to call. Raises :class:`AddressRefused`, and ``OSError`` for a name that cannot be looked up."""
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    found = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for text in found:
        address = ipaddress.ip_address(str(text).partition("%")[0])
        if not is_allowed(address, networks):
            raise AddressRefused(f"{host} is an address within a network that webhooks do not go to")
        if not secure and not _within(address, networks):
            raise AddressRefused(f"{host} is outside BILLING_WEBHOOK_NETWORKS, and only https goes there")
    if not found:
        raise AddressRefused(f"{host} has no address")
    return str(found[0])


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether this address is public, or within a network the operator named.

    An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4, Teredo) is what it carries.
    """
    if _within(address, networks):
        return True
    carried = _carried(address)
    if any(not is_allowed(one, networks) for one in carried):
        return False
    return bool(carried) or (address.is_global and not address.is_multicast)


def _carried(address: Address) -> list[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[Address] = []
    if address.ipv4_mapped is not None:
        found.append(address.ipv4_mapped)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found += address.teredo
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(f"The address {reason}.", errors=[FieldError("/url", reason)])
