"""The addresses of this machine, those first by which people in the same room reach it."""

from __future__ import annotations

import fcntl
import ipaddress
import os
import platform
import socket
import struct
from contextlib import suppress
from pathlib import Path

SIOCGIFADDR = 0x8915  # Linux: the address of an interface
LOCAL_NETWORKS = [ipaddress.ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]
# Interfaces that lead into a tunnel, a container or a virtual machine, by what their names begin with.
VIRTUAL = (
    *("docker", "br-", "veth", "virbr", "cni", "flannel", "lxc", "lxd", "vmnet", "vboxnet", "podman"),
    *("tun", "tap", "wg", "ppp", "tailscale", "zt", "nordlynx", "proton", "ipsec", "utun"),
)
Found = tuple[str, str]  # interface, address


def addresses(six: bool = False) -> list[Found]:
    """(interface, address) of all interfaces that are up, the likeliest first; six: IPv6 ones as well."""
    found = [*_four(), *(_six() if six else [])]
    return sorted(((name, address) for name, address in found if not _loops(address)), key=_rank)


def inside() -> str | None:
    """What this system runs in, whose own addresses others may not reach; None where it is a machine of its own."""
    if "microsoft" in platform.release().lower():
        return "WSL"
    return "a container" if any(map(os.path.exists, ("/.dockerenv", "/run/.containerenv"))) else None


def _four() -> list[Found]:
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # it has none
                asked = struct.pack("256s", name.encode()[:15])
                found.append((name, socket.inet_ntoa(fcntl.ioctl(any_socket, SIOCGIFADDR, asked)[20:24])))
    return found


def _six() -> list[Found]:
    try:
        rows = [row.split() for row in Path("/proc/net/if_inet6").read_text().splitlines()]
    except OSError:
        return []
    return [(row[5], str(ipaddress.IPv6Address(bytes.fromhex(row[0])))) for row in rows]


def _loops(address: str) -> bool:
    """Whether it leads nowhere else (::1), or nowhere without more being said (fe80::…)."""
    ip = ipaddress.ip_address(address)
    return ip.is_loopback or (ip.version == 6 and ip.is_link_local)


def _rank(found: Found) -> tuple[bool, bool, bool, int]:
    name, address = found
    ip = ipaddress.ip_address(address)
    local = any(ip in net for net in LOCAL_NETWORKS if net.version == ip.version)
    return name.startswith(VIRTUAL), ip.is_link_local, not local, ip.version
