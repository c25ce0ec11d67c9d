"""Where a webhook may go: the internet and the operator's networks, whatever an address looks like."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from billing_service.errors import InvalidInput
from billing_service.notifying.addresses import AddressRefused, check_url, is_allowed, networks_of, resolve

INSIDE = networks_of(["10.1.0.0/16", "fd00:1::/32"])

FORBIDDEN = (
    "127.0.0.1",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd12::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1:0:0:f5ff:fffe",
)


@pytest.mark.parametrize("text", FORBIDDEN)
def test_an_address_inside_is_not_called(text: str) -> None:
    assert not is_allowed(ipaddress.ip_address(text), ())


@pytest.mark.parametrize("text", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "10.1.2.3", "fd00:1::5"])
def test_the_internet_and_the_operators_networks_are(text: str) -> None:
    assert is_allowed(ipaddress.ip_address(text), INSIDE)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://crm.example/hook",
        "http://crm.example/hook",
        "https://",
        "https://user:secret@crm.example/hook",
        "https://crm.example/hook#part",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://crm.example:99999/hook",
        "javascript:alert(1)",
    ],
)
def test_an_endpoint_has_an_https_address_outside(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_url(url, ())
    assert refused.value.errors[0].pointer == "/url"
    assert "secret" not in str(refused.value)


def _answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def answer(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def test_a_name_that_leads_inside_is_refused_when_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = check_url("https://crm.example/hook", ())
    _answers(monkeypatch, "93.184.215.14")
    assert resolve(parts, ()) == "93.184.215.14"
    _answers(monkeypatch, "93.184.215.14", "192.168.1.7")
    with pytest.raises(AddressRefused):
        resolve(parts, ())


def test_http_goes_to_the_operators_networks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = check_url("http://crm.intern/hook", INSIDE)
    _answers(monkeypatch, "10.1.2.3")
    assert resolve(parts, INSIDE) == "10.1.2.3"
    _answers(monkeypatch, "93.184.215.14")
    with pytest.raises(AddressRefused):
        resolve(parts, INSIDE)
