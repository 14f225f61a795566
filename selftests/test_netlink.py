#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
#
# The netlink contract, driven by a client that knows only uapi/espudp.yaml: a whole tunnel, every object shown as it
# was set, events; then requests that are wrong in every way that the specification lets one say. Such a request must
# be refused with the right error and an explanation, and must change nothing.
#
# timeout: 600
"""usage: test_netlink.py"""

import copy
import errno
import ipaddress
import os
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
subprocess.run(["modprobe", "espudp"], check=True)

import netns  # noqa: E402 (the client needs the module)
from netlink import Client, NlError, attribute, selector  # noqa: E402
from tap import Failed, Tap, expect, expect_equal, wait_for  # noqa: E402

LEFT, RIGHT = f"nl-left-{os.getpid()}", f"nl-right-{os.getpid()}"
NAMESPACES = (LEFT, RIGHT)
KEY_LENGTHS = {
    **{f"aes-{mode}-{icv}-{bits}": bits // 8 + salt for mode, salt in (("gcm", 4), ("ccm", 3))
       for icv in (16, 12, 8) for bits in (128, 192, 256)},
    **{f"aes-cbc-{bits}-sha{digest}": (bits + digest) // 8 for bits in (128, 192, 256) for digest in (256, 384, 512)},
    "chacha20-poly1305": 36,
}
SPI_LEFT, SPI_RIGHT = 0x11111111, 0x22222222
UNUSED = 99  # an id that no object has


def run(*words):
    subprocess.run(words, check=True)


def v4(text):
    return int(ipaddress.IPv4Address(text))


def v6(text):
    return ipaddress.IPv6Address(text).packed


def udp_socket(namespace, address="127.0.0.1", port=0, bind=True, kind=socket.SOCK_DGRAM):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with netns.inside(namespace):
        made = socket.socket(family, kind)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if bind:
        made.bind((address, port))
    return made


def ifindex(namespace, name):
    with netns.inside(namespace):
        return socket.if_nametoindex(name)


def setup():
    for namespace, number in ((LEFT, 1), (RIGHT, 2)):
        run("ip", "netns", "add", namespace)
        run("ip", "-n", namespace, "link", "set", "lo", "up")
        for name in ("vpn0", "vpn1"):
            run("ip", "-n", namespace, "link", "add", name, "type", "espudp")
        run("ip", "-n", namespace, "addr", "add", f"10.0.{number}.1/32", "dev", "vpn0")
        run("ip", "-n", namespace, "link", "set", "vpn0", "up")
        run("ip", "-n", namespace, "route", "add", f"10.0.{3 - number}.0/24", "dev", "vpn0")
    run("ip", "link", "add", "wire0", "netns", LEFT, "type", "veth", "peer", "name", "wire0", "netns", RIGHT)
    for namespace, number in ((LEFT, 1), (RIGHT, 2)):
        run("ip", "-n", namespace, "addr", "add", f"192.0.2.{number}/24", "dev", "wire0")
        run("ip", "-n", namespace, "link", "set", "wire0", "up")


def cleanup():
    for namespace in NAMESPACES:
        subprocess.run(["ip", "netns", "del", namespace], stderr=subprocess.DEVNULL, check=False)


# ---- a tunnel

def tunnel_requests(namespace, number, spi_in, spi_out):
    """What makes one end: (operation, attributes), in order."""
    other = 3 - number
    keys = {1: bytes(range(20)), 2: bytes(range(20, 40))}
    return [
        ("peer-new", {"id": 1, "ifindex": ifindex(namespace, "vpn0"), "transport-id": 1,
                      "remote-ipv4": v4(f"192.0.2.{other}"), "remote-port": 4500,
                      "local-ipv4": v4(f"192.0.2.{number}"),
                      "endpoint-policy": "notify", "keepalive": 20, "idle": 3600}),
        ("child-new", {"id": 1, "peer-id": 1, "local": [selector(f"10.0.{number}.0/24")],
                       "remote": [selector(f"10.0.{other}.0/24"), selector(f"fd00:{other}::/64", 17, (7, 9))]}),
        ("sa-new", {"id": 1, "child-id": 1, "direction": "in", "spi": spi_in, "suite": "aes-gcm-16-128",
                    "key": keys[other], "esn": True, "replay-window": 100, "hard-bytes": 1 << 40}),
        ("sa-new", {"id": 2, "child-id": 1, "direction": "out", "spi": spi_out, "suite": "aes-gcm-16-128",
                    "key": keys[number], "esn": True, "current": True, "soft-packets": 1 << 33,
                    "hard-packets": 1 << 34, "soft-time": 3000, "hard-time": 3600, "sequence": 41}),
    ]


def make_tunnel(clients):
    for namespace, number, spis in ((LEFT, 1, (SPI_LEFT, SPI_RIGHT)), (RIGHT, 2, (SPI_RIGHT, SPI_LEFT))):
        client = clients[namespace]
        with udp_socket(namespace, f"192.0.2.{number}", 4500) as made:
            client.request("transport-add", id=1, fd=made.fileno())
        for operation, attributes in tunnel_requests(namespace, number, *spis):
            client.do(operation, attributes)


def ping():
    run("ip", "netns", "exec", LEFT, "ping", "-n", "-q", "-i", "0.01", "-W", "5", "-c", "5", "10.0.2.1")


def shown_as_set(clients):
    """GET and the dump of every object show what the requests said."""
    client = clients[LEFT]
    for operation, wanted in tunnel_requests(LEFT, 1, SPI_LEFT, SPI_RIGHT):
        kind = operation.removesuffix("-new")
        found = client.one(kind, wanted["id"])
        dumped = [thing for thing in client.all(kind) if thing["id"] == wanted["id"]]
        expect_equal(len(dumped), 1, f"{kind} {wanted['id']} in the dump")
        steady = [{name: value for name, value in thing.items() if name not in
                   ("age", "idle", "rx-age", "tx-age", "traffic", "rx", "tx", "sequence")}
                  for thing in (found, dumped[0])]
        expect_equal(steady[0], steady[1], f"{kind}: get and dump")
        for name, value in wanted.items():
            if name == "key":
                expect("key" not in found, "the key was told")
            elif name == "sequence":
                expect_equal(found[name], value + 5, "sequence after 5 packets")
            elif name in ("remote", "local"):
                expect_equal([comparable(s) for s in found[name]], [comparable(s) for s in value], name)
            elif name == "replay-window":
                expect_equal(found[name], 128, "replay window, rounded up")
            elif name.endswith("-ipv4"):
                expect_equal(found[name], str(ipaddress.IPv4Address(value)), name)
            else:
                expect_equal(found[name], value, f"{kind} {name}")
    link = client.request("link-get", ifname="vpn0")
    expect_equal((link["ifindex"], link["peers"], link["children"]), (ifindex(LEFT, "vpn0"), 1, 1), "link")
    transport = client.one("transport", 1)
    expect_equal((transport["local-ipv4"], transport["local-port"], transport["peers"]), ("192.0.2.1", 4500, 1),
                 "transport")
    peer = client.one("peer", 1)
    expect_equal((peer["rx"], peer["tx"], peer["children"]),
                 ({"packets": 5, "bytes": 420}, {"packets": 5, "bytes": 420}, 1), "peer")
    expect_equal(client.one("child", 1)["sa-id"], 2, "outbound SA of the child")


def comparable(found):
    """A selector with addresses as text and what defaults left out."""
    text = {name: str(ipaddress.ip_address(found[name])) for name in ("ipv4", "ipv6") if name in found}
    ports = (found.get("port-first", 0), found.get("port-last", 65535))
    return text, found["prefix-len"], found.get("protocol", 0), ports


def changed_by_set(clients):
    client = clients[LEFT]
    client.request("peer-set", id=1, keepalive=0, endpoint_policy="learn")
    peer = client.one("peer", 1)
    expect_equal((peer.get("keepalive", 0), peer["endpoint-policy"], peer["idle"], peer["remote-port"]),
                 (0, "learn", 3600, 4500), "peer")
    client.request("sa-set", id=2, hard_packets=0, soft_packets=77)
    sa = client.one("sa", 2)
    expect_equal((sa.get("hard-packets", 0), sa["soft-packets"], sa["hard-time"]), (0, 77, 3600), "SA")
    client.request("sa-set", id=2, soft_packets=0)
    client.request("link-set", ifname="vpn1", mark=17, carrier="sa")
    link = client.request("link-get", ifname="vpn1")
    expect_equal((link["mark"], link["carrier"]), (17, "sa"), "mark and carrier")
    client.request("link-set", ifname="vpn1", carrier="always")
    expect_equal(client.request("link-get", ifname="vpn1")["mark"], 17, "mark")
    for fixed in ({"ttl-policy": "fixed", "ttl": 33}, {"dscp-policy": "fixed", "dscp": 46}):
        client.do("link-set", {"ifname": "vpn1", **fixed})
        link = client.request("link-get", ifname="vpn1")
        expect_equal({name: link.get(name) for name in fixed}, fixed, "fixed")
    client.do("link-set", {"ifname": "vpn1", "ttl-policy": "route", "dscp-policy": "zero"})
    link = client.request("link-get", ifname="vpn1")
    expect_equal((link.get("ttl"), link.get("dscp")), (None, None), "no longer fixed")
    client.request("child-set", id=1, local=[selector("10.0.1.0/24"), selector("10.1.0.0/16")])
    child = client.one("child", 1)
    expect_equal((len(child["local"]), len(child["remote"])), (2, 2), "selectors")
    ping()


def spi_reservation(clients):
    client = clients[LEFT]
    seen = {client.request("spi-alloc")["spi"] for _ in range(8)}
    expect(len(seen) == 8 and min(seen) >= 256, f"reserved {seen}")
    only = 0x1234
    expect_equal(client.request("spi-alloc", first=only, last=only)["spi"], only, "the only one")
    error = refused(client, "spi-alloc", {"first": only, "last": only})
    expect(error.error in (errno.ENOSPC, errno.EEXIST, errno.EBUSY), f"the only one again: {error}")
    client.request("sa-new", id=50, child_id=1, direction="in", spi=only, suite="chacha20-poly1305", key=bytes(36))
    error = refused(client, "spi-free", {"spi": only})
    expect(error.error in (errno.ENOENT, errno.EBUSY), f"free one in use: {error}")
    client.request("sa-del", id=50)
    for spi in seen:
        client.request("spi-free", spi=spi)
        refused(client, "spi-free", {"spi": spi})


def most_selectors(clients):
    """As many as are allowed, seen whole although they fill more than one page."""
    client = clients[LEFT]
    local = [selector(f"fd01:{n:x}::/64", 17, (n, n + 1)) for n in range(128)]
    remote = [selector(f"fd02:{n:x}::/64", 6, (n, n + 1)) for n in range(128)]
    client.request("child-new", id=60, peer_id=1, local=local, remote=remote)
    for child in (client.one("child", 60), [c for c in client.all("child") if c["id"] == 60][0]):
        for name, wanted in (("local", local), ("remote", remote)):
            expect_equal(sorted(map(comparable, child[name]), key=str), sorted(map(comparable, wanted), key=str),
                         name)
    client.request("child-del", id=60)


def many_objects(clients):
    """A dump that takes several messages shows each object once."""
    client = clients[LEFT]
    ids = range(1000, 1200)
    for number in ids:
        client.request("sa-new", id=number, child_id=1, direction="in", spi=number, suite="aes-gcm-16-128",
                       key=bytes(20))
    found = [sa["id"] for sa in client.all("sa")]
    expect_equal(found, sorted({1, 2, *ids}), "ids")
    for number in ids:
        client.request("sa-del", id=number)


def deletion_events(clients):
    """Deleting a peer tells of everything that went with it, and why."""
    client, watcher = clients[LEFT], Client(LEFT)
    watcher.join("sa", "peer")
    index = ifindex(LEFT, "vpn1")
    client.request("peer-new", id=70, ifindex=index, transport_id=1)
    client.request("child-new", id=70, peer_id=70, local=[selector("10.0.1.0/24")],
                   remote=[selector("10.7.0.0/24")])
    for number, direction in ((70, "in"), (71, "out"), (72, "in")):
        client.request("sa-new", id=number, child_id=70, direction=direction, spi=0x7000 + number,
                       suite="aes-gcm-16-256", key=bytes(36))
    client.request("sa-del", id=72)
    client.request("peer-del", id=70)
    seen = []

    def complete():
        seen.extend(watcher.events())
        return len(seen) >= 5

    wait_for(complete, 5, lambda: f"events so far: {seen}")
    told = sorted((name, event["id"], event["reason"]) for name, event in seen)
    expect_equal(told, [("child-del-ntf", 70, "parent"), ("peer-del-ntf", 70, "request"),
                        ("sa-del-ntf", 70, "parent"), ("sa-del-ntf", 71, "parent"),
                        ("sa-del-ntf", 72, "request")], "events")
    sas = [event for name, event in seen if name == "sa-del-ntf"]
    for event in sas:
        expect_equal((event["child-id"], event["peer-id"], event["ifindex"], event["spi"], event["traffic"]),
                     (70, 70, index, 0x7000 + event["id"], {"packets": 0, "bytes": 0}), "SA event")


# ---- refusals

def refused(client, operation, attributes):
    try:
        client.do(operation, attributes)
    except NlError as error:
        return error
    raise Failed(f"{operation} succeeded: {attributes}")


def valid_requests(spare):
    """For each operation a request that would succeed, on the objects of prepare_refusals()."""
    index = ifindex(LEFT, "vpn0")
    return {
        "link-get": {"ifindex": index},
        "link-set": {"ifindex": index, "mark": 1},
        "transport-add": {"id": UNUSED, "fd": spare.fileno()},
        "transport-get": {"id": 1},
        "transport-del": {"id": 3},
        "peer-new": {"id": UNUSED, "ifindex": index, "transport-id": 1, "remote-ipv4": v4("192.0.2.9"),
                     "remote-port": 4500},
        "peer-set": {"id": 1, "keepalive": 1},
        "peer-get": {"id": 1},
        "peer-del": {"id": 1},
        "child-new": {"id": UNUSED, "peer-id": 1, "local": [selector("10.0.1.0/24")],
                      "remote": [selector("10.99.0.0/24")]},
        "child-set": {"id": 1, "remote": [selector("10.98.0.0/24")]},
        "child-get": {"id": 1},
        "child-del": {"id": 1},
        "spi-alloc": {"first": 0x5000, "last": 0x5fff, "lifetime": 60},
        "spi-free": {"spi": 0x4321},
        "sa-new": {"id": UNUSED, "child-id": 1, "direction": "in", "spi": 0x9999, "suite": "aes-gcm-16-128",
                   "key": bytes(20)},
        "sa-set": {"id": 1, "hard-bytes": 1},
        "sa-get": {"id": 1},
        "sa-switch": {"id": 3},
        "sa-dummy": {"id": 3, "dummy-len": 0, "dummy-count": 1},
        "sa-del": {"id": 1},
    }


OPTIONAL = {  # what of the requests above may be left out
    "link-set": {"mark", "carrier"}, "peer-new": {"remote-ipv4", "remote-port"}, "peer-set": {"keepalive"},
    "child-set": {"remote"}, "spi-alloc": {"first", "last", "lifetime"}, "sa-set": {"hard-bytes"},
    "sa-dummy": {"dummy-len", "dummy-count"},
}
SAMPLES = {"string": "vpn0", "flag": True, "nest": {}}  # encodable values, by type


def sample(spec):
    """An encodable value of an attribute, good or not."""
    if spec["type"] == "binary":
        return bytes(16)
    return SAMPLES.get(spec["type"], 1)


class Refusals:
    """Sends wrong requests, one after another, and sees that nothing changes."""

    def __init__(self, client, tap):
        self.client = client
        self.tap = tap
        self.before = client.snapshot()

    def unchanged(self):
        after = self.client.snapshot()
        if after != self.before:
            found = [(kind, thing) for kind in after for thing in after[kind]
                     if thing not in self.before[kind]]
            lost = [(kind, thing) for kind in after for thing in self.before[kind]
                    if thing not in after[kind]]
            self.before = after
            raise Failed(f"the request changed something: now {found}, before {lost}")

    def sent(self, message, errors, explained=True):
        code, extack = self.client.send_raw(message)
        name = errno.errorcode.get(code, code)
        wanted = "/".join(sorted(errno.errorcode[e] for e in errors))
        self.unchanged()
        expect(code in errors, f"got {name if code else 'success'}, expected {wanted}; {extack}")
        expect(not explained or extack.get("msg"), f"{name}, but no explanation: {extack}")

    def each(self, title, operation, cases):
        """cases: (what is wrong, the request's bytes, allowed errors); one line for all of them."""
        def all_of_them():
            bad = []
            for what, message, errors in cases:
                try:
                    self.sent(message, errors)
                except Failed as error:
                    bad.append(f"{what}: {error}")
            expect(not bad, "\n".join(bad))

        if cases:
            self.tap.check(f"{operation}: {title} ({len(cases)})", all_of_them)

    def one(self, title, operation, attributes, *errors):
        message = self.client.encode(operation, attributes)
        self.tap.check(f"{operation}: {title}", self.sent, message, set(errors))


NLM_F_DUMP = 0x300
INVALID = {errno.EINVAL, errno.ERANGE}


def missing(client, operation, valid):
    cases = []
    for name in valid:
        if name in OPTIONAL.get(operation, ()):
            continue
        cases.append((f"without {name}", client.encode(operation, without(valid, name)), {errno.EINVAL}))
    return cases


def surplus(client, operation, valid):
    """Attributes of the set that the operation does not take, and numbers that nothing has."""
    op = client.ops[operation]
    taken = set(op["do"]["request"]["attributes"])
    base = client.encode(operation, valid)
    cases = []
    for name, spec in op.attr_set.items():
        if name not in taken and spec["type"] != "pad":
            encoded = client._add_attr(op.attr_set.name, name, sample(spec), None)
            cases.append((f"with {name}", base + encoded, INVALID))
    last = max(spec.value for _, spec in op.attr_set.items())
    for number in (last + 1, last + 100, 0x3fff):
        cases.append((f"with attribute {number}", base + attribute(number, bytes(4)), {errno.EINVAL}))
    return cases


def wrong_lengths(client, operation, valid):
    op = client.ops[operation]
    cases = []
    for name in op["do"]["request"]["attributes"]:
        spec = op.attr_set[name]
        checks = spec.yaml.get("checks", {})
        rest = client.encode(operation, without(valid, name))
        if spec["type"] in ("u8", "u16", "u32", "s32", "u64"):
            size = int(spec["type"][1:]) // 8
            lengths = (0, size - 1, size + 1, size * 2)
        elif spec["type"] == "flag":
            lengths = (1, 4)
        elif spec["type"] == "binary":
            exact = checks.get("exact-len")
            lengths = (exact - 1, exact + 1, 0) if exact else (0, checks["max-len"] + 1)
        elif spec["type"] == "string":
            lengths = (17, 200)
        else:
            cases.append((f"{name} not marked as nested", rest + attribute(spec.value, b""), INVALID))
            cases.append((f"{name} full of junk", rest + attribute(spec.value, b"\xff" * 7, True), INVALID))
            cases.append((f"{name} empty", rest + attribute(spec.value, b"", True), INVALID))
            continue
        for length in lengths:
            payload = b"x" * length if spec["type"] == "string" else b"\1" * length
            cases.append((f"{name} of {length} bytes", rest + attribute(spec.value, payload), INVALID))
    return cases


def out_of_range(client, operation, valid):
    op = client.ops[operation]
    cases = []
    for name in op["do"]["request"]["attributes"]:
        spec = op.attr_set[name]
        checks = spec.yaml.get("checks", {})
        values = []
        if "enum" in spec:
            numbers = [entry.value for entry in client.consts[spec["enum"]].entries.values()]
            values = [max(numbers) + 1, 0xffffffff] + ([min(numbers) - 1] if min(numbers) else [])
        elif spec["type"] not in ("binary", "string", "nest", "flag"):
            values += [checks["min"] - 1] if "min" in checks else []
            values += [checks["max"] + 1] if "max" in checks else []
        for value in values:
            try:
                message = client.encode(operation, {**valid, name: value})
            except Exception:  # no room for it in the attribute's type
                continue
            cases.append((f"{name} {value}", message, INVALID))
    return cases


def damaged(client, operation, valid):
    base = client.encode(operation, valid)
    return [("attribute longer than the message", base + b"\xff\0\1\0" + bytes(4), INVALID),
            ("attribute shorter than its header", base + b"\3\0\1\0", INVALID),
            ("two bytes too many", base + b"\0\0", INVALID)]


def dump_of_one(refusals, operation, valid):
    """Who asks for all says nothing more. Old kernels (6.1) do not hand on what is explained to a dump."""
    if not operation.endswith("-get"):
        return
    message = bytearray(refusals.client.encode(operation, valid))
    flags = struct.unpack_from("=H", message, 6)[0]
    struct.pack_into("=H", message, 6, flags | NLM_F_DUMP)
    refusals.tap.check(f"{operation}: a dump with attributes", refusals.sent, bytes(message), {errno.EINVAL}, False)


def no_such_object(refusals, operation, valid):
    for name in ("id", "peer-id", "child-id", "transport-id"):
        if name in valid and not (name == "id" and operation.endswith(("-new", "-add"))):
            refusals.one(f"{name} of nothing", operation, {**valid, name: 4711}, errno.ENOENT)


def fd_cases(client):
    cases = []
    keep = []  # sockets that must stay open until the cases are tried

    def case(what, thing, *errors):
        keep.append(thing)
        number = thing if isinstance(thing, int) else thing.fileno()
        for where, target in (("", {"id": UNUSED}), (", to replace", {"id": 1, "replace": True})):
            cases.append((what + where, client.encode("transport-add", {**target, "fd": number}), set(errors)))

    wrong_kind = (errno.EINVAL, errno.EPROTONOSUPPORT, errno.EPROTOTYPE, errno.ESOCKTNOSUPPORT, errno.ENOPROTOOPT,
                  errno.EAFNOSUPPORT)
    case("a file", open("/dev/null", "rb"), errno.ENOTSOCK)
    case("a closed fd", 1023, errno.EBADF)
    case("a TCP socket", udp_socket(LEFT, kind=socket.SOCK_STREAM), *wrong_kind)
    with netns.inside(LEFT):
        case("a raw socket", socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP), *wrong_kind)
        case("a UNIX socket", socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), *wrong_kind)
        case("a netlink socket", socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0), *wrong_kind)
    case("an unbound socket", udp_socket(LEFT, bind=False), errno.EINVAL, errno.ENOTCONN, errno.EADDRNOTAVAIL)
    connected = udp_socket(LEFT)
    connected.connect(("127.0.0.1", 9))
    case("a connected socket", connected, errno.EINVAL, errno.EISCONN)
    case("a socket of another namespace", udp_socket(RIGHT), errno.EINVAL, errno.EXDEV)
    encap = udp_socket(LEFT)
    encap.setsockopt(socket.IPPROTO_UDP, 100, 2)  # UDP_ENCAP, UDP_ENCAP_ESPINUDP
    case("a socket that belongs to xfrm", encap, errno.EBUSY, errno.EINVAL)
    mixed = udp_socket(LEFT, "::", bind=False)
    mixed.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    mixed.bind(("::", 0))
    case("a socket for both families", mixed, errno.EINVAL)
    return cases, keep


def meanings(refusals, others):
    """Requests whose parts are well-formed, but not together or not here."""
    one, valid = refusals.one, refusals.valid
    new = valid["sa-new"]
    one("id in use", "sa-new", {**new, "id": 1}, errno.EEXIST)
    one("SPI in use", "sa-new", {**new, "spi": SPI_LEFT}, errno.EEXIST)
    for spi in (0, 1, 255):
        for direction in ("in", "out"):
            one(f"reserved SPI {spi}, {direction}", "sa-new", {**new, "spi": spi, "direction": direction},
                errno.EINVAL, errno.ERANGE)
    for suite, length in KEY_LENGTHS.items():
        for wrong in (length - 4, length - 1, length + 1, 128):
            one(f"{suite} with {wrong} bytes of key", "sa-new", {**new, "suite": suite, "key": bytes(wrong)},
                errno.EINVAL)
    one("inbound and current", "sa-new", {**new, "current": True}, errno.EINVAL)
    one("inbound with a CPU", "sa-new", {**new, "cpu": 0}, errno.EINVAL)
    one("a CPU that no machine has", "sa-new", {**new, "direction": "out", "cpu": 1 << 20}, errno.ERANGE)
    one("inbound with soft-sequence", "sa-new", {**new, "soft-sequence": 5}, errno.EINVAL)
    one("outbound with a replay window", "sa-new", {**new, "direction": "out", "replay-window": 64}, errno.EINVAL)
    one("ESN without a replay window", "sa-new", {**new, "esn": True, "replay-window": 0}, errno.EINVAL)
    for direction in ("in", "out"):
        one(f"33 bits of sequence number without ESN, {direction}", "sa-new",
            {**new, "sequence": 1 << 32, "direction": direction}, errno.EINVAL, errno.ERANGE)
    one("inbound", "sa-switch", {"id": 1}, errno.EINVAL)
    one("soft-sequence inbound", "sa-set", {"id": 1, "soft-sequence": 5}, errno.EINVAL)

    new = valid["child-new"]
    one("id in use", "child-new", {**new, "id": 1}, errno.EEXIST)
    one("another child's remote selector", "child-new", {**new, "remote": [selector("10.0.2.0/24")]}, errno.EEXIST)
    one("one new and one of another child", "child-new",
        {**new, "remote": [selector("10.77.0.0/24"), selector("10.0.2.0/24")]}, errno.EEXIST)
    for text in ("10.0.2.1/24", "10.0.2.1/0", "fd00::1/64", "fd00:0:0:0:8000::/64"):
        for side in ("local", "remote"):
            one(f"{text}: bits behind the {side} prefix", "child-new", {**new, side: [selector(text)]},
                errno.EINVAL)
    plain = selector("10.50.0.0/16")
    for what, wrong in (("both families", {**plain, "ipv6": v6("fd00::")}),
                        ("no address", {"prefix-len": 0}),
                        ("no prefix length", {"ipv4": v4("10.50.0.0")}),
                        ("33 bits of IPv4", {"ipv4": v4("10.50.0.0"), "prefix-len": 33}),
                        ("129 bits of IPv6", {"ipv6": v6("fd00::"), "prefix-len": 129}),
                        ("ports in the wrong order", {**plain, "protocol": 6, "port-first": 2, "port-last": 1}),
                        ("ports without a protocol", {**plain, "port-first": 1, "port-last": 2})):
        for side in ("local", "remote"):
            one(f"{side} selector: {what}", "child-new", {**new, side: [wrong]}, errno.EINVAL, errno.ERANGE)
    many = [selector(f"10.60.{n}.0/24") for n in range(129)]
    one("129 remote selectors", "child-new", {**new, "remote": many}, errno.EINVAL, errno.E2BIG, errno.ENOSPC,
        errno.ERANGE)
    one("129 local selectors", "child-new", {**new, "local": many}, errno.EINVAL, errno.E2BIG, errno.ENOSPC,
        errno.ERANGE)
    one("the same remote selector twice", "child-new", {**new, "remote": [plain, plain]}, errno.EINVAL,
        errno.EEXIST)
    one("another child's remote selector", "child-set", {"id": 2, "remote": [selector("10.0.2.0/24")]},
        errno.EEXIST)
    one("bits behind the prefix, after a good one", "child-set",
        {"id": 1, "remote": [selector("10.97.0.0/24"), selector("10.0.2.1/24")]}, errno.EINVAL)
    one("to a peer of another link", "child-set", {"id": 1, "peer-id": 2}, errno.EINVAL, errno.EXDEV)

    new = valid["peer-new"]
    one("id in use", "peer-new", {**new, "id": 1}, errno.EEXIST)
    one("no such interface", "peer-new", {**new, "ifindex": 4711}, errno.ENODEV, errno.ENOENT)
    one("another kind of link", "peer-new", {**new, "ifindex": 1}, errno.EINVAL, errno.EOPNOTSUPP, errno.ENODEV)
    one("no such namespace", "peer-new", {**new, "netnsid": 4711}, errno.EINVAL, errno.ENOENT, errno.ENONET)
    one("both families", "peer-new", {**new, "remote-ipv6": v6("fd00::1")}, errno.EINVAL)
    one("local of another family", "peer-new", {**new, "local-ipv6": v6("fd00::1")}, errno.EINVAL)
    one("an address without a port", "peer-new", without(new, "remote-port"), errno.EINVAL)
    one("a port without an address", "peer-new", without(new, "remote-ipv4"), errno.EINVAL)
    for address in ("0.0.0.0", "224.0.0.1", "255.255.255.255"):
        one(f"remote {address}", "peer-new", {**new, "remote-ipv4": v4(address)}, errno.EINVAL)
    six = without(new, "remote-ipv4")
    for address in ("::", "ff02::1", "::ffff:192.0.2.1"):
        one(f"remote {address}", "peer-new", {**six, "remote-ipv6": v6(address)}, errno.EINVAL)
    one("scope of an address that is not link-local", "peer-new",
        {**six, "remote-ipv6": v6("2001:db8::1"), "remote-scope": 1}, errno.EINVAL)
    one("link-local without a scope", "peer-new", {**six, "remote-ipv6": v6("fe80::1")}, errno.EINVAL)
    one("both families", "peer-set", {"id": 1, "remote-ipv4": v4("192.0.2.9"), "remote-ipv6": v6("fd00::1"),
                                      "remote-port": 4500}, errno.EINVAL)

    one("in use by peers", "transport-del", {"id": 1}, errno.EBUSY)
    one("id in use, without replace", "transport-add", {**valid["transport-add"], "id": 1}, errno.EEXIST)
    one("the socket of another transport", "transport-add", {"id": UNUSED, "fd": others["taken"].fileno()},
        errno.EBUSY, errno.EEXIST, errno.EINVAL)
    one("first above last", "spi-alloc", {"first": 0x6000, "last": 0x5fff}, errno.EINVAL)
    one("a range that is used up", "spi-alloc", {"first": SPI_LEFT, "last": SPI_LEFT}, errno.ENOSPC, errno.EEXIST,
        errno.EBUSY)
    one("not reserved", "spi-free", {"spi": 0x7777}, errno.ENOENT)
    one("no such name", "link-get", {"ifname": "nothing"}, errno.ENODEV, errno.ENOENT)
    one("another kind of link", "link-get", {"ifname": "lo"}, errno.EINVAL, errno.EOPNOTSUPP, errno.ENODEV)
    one("another kind of link", "link-set", {"ifname": "lo", "mark": 1}, errno.EINVAL, errno.EOPNOTSUPP,
        errno.ENODEV)


def without(attributes, name):
    return {key: value for key, value in attributes.items() if key != name}


def prepare_refusals(client):
    """Besides the tunnel: a second child, a peer on another link, an SA that is not in use, a reservation."""
    client.request("peer-new", id=2, ifindex=ifindex(LEFT, "vpn1"), transport_id=1)
    client.request("child-new", id=2, peer_id=1, local=[selector("10.0.1.0/24")],
                   remote=[selector("10.20.0.0/24"), selector("fd00:20::/64")])
    client.request("sa-new", id=3, child_id=1, direction="out", spi=0x3333, suite="aes-gcm-16-128", key=bytes(20))
    client.request("spi-alloc", first=0x4321, last=0x4321, lifetime=3600)
    taken = udp_socket(LEFT)
    client.request("transport-add", id=3, fd=taken.fileno())
    return {"taken": taken}


def refusals_of(client, tap):
    others = prepare_refusals(client)
    refusals = Refusals(client, tap)
    refusals.spare = udp_socket(LEFT)
    refusals.valid = valid_requests(refusals.spare)
    for operation, valid in refusals.valid.items():
        refusals.each("something missing", operation, missing(client, operation, valid))
        refusals.each("something surplus", operation, surplus(client, operation, valid))
        refusals.each("a wrong length", operation, wrong_lengths(client, operation, valid))
        refusals.each("a value out of range", operation, out_of_range(client, operation, valid))
        refusals.each("a damaged message", operation, damaged(client, operation, valid))
        dump_of_one(refusals, operation, valid)
        no_such_object(refusals, operation, valid)
    cases, _keep = fd_cases(client)
    refusals.each("an fd that will not do", "transport-add", cases)
    meanings(refusals, others)
    return refusals


def valid_after_all(refusals):
    """The requests that were varied are accepted as they are: what was refused was the variation."""
    order = ["link-get", "link-set", "transport-add", "transport-get", "peer-new", "peer-set", "peer-get",
             "child-new", "child-set", "child-get", "spi-alloc", "spi-free", "sa-new", "sa-set", "sa-get",
             "sa-switch", "sa-dummy", "sa-del", "child-del", "peer-del", "transport-del"]
    expect_equal(sorted(order), sorted(refusals.valid), "operations")
    for operation in order:
        try:
            refusals.client.do(operation, copy.deepcopy(refusals.valid[operation]))
        except NlError as error:
            raise Failed(f"{operation}: {error}") from error


# ---- privileges

def as_nobody(function):
    """Run function in a process without privileges; its failure is ours."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        text = ""
        try:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            function()
        except BaseException as error:  # told to the parent
            text = f"{type(error).__name__}: {error}"
        os.write(writer, text.encode()[:4000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    expect(not text, text)


def unprivileged(spare):
    client = Client(LEFT)
    before = client.snapshot()
    requests = {**valid_requests(spare), "sa-switch": {"id": 2}}
    # The namespace is entered with privileges; the socket is made without.
    with netns.inside(LEFT):
        as_nobody(lambda: everything_is_denied(client, requests))
    expect_equal(client.snapshot(), before, "objects")


def everything_is_denied(client, requests):
    client.reopen()
    for operation, attributes in requests.items():
        expect_equal(refused(client, operation, attributes).error, errno.EPERM, operation)
    for kind in ("link", "transport", "peer", "child", "sa"):
        try:
            client.all(kind)
        except NlError as error:
            expect_equal(error.error, errno.EPERM, f"dump of {kind}")
        else:
            raise Failed(f"the dump of {kind} is allowed")
    for group in ("sa", "peer"):
        try:
            client.join(group)
        except OSError as error:
            expect_equal(error.errno, errno.EPERM, group)
        else:
            raise Failed(f"the group {group} can be joined")


def root_of_a_user_namespace():
    """CAP_NET_ADMIN of a user namespace of one's own is not enough."""
    program = ("import sys; sys.path.insert(0, sys.argv[1])\n"
               "from netlink import Client, NlError\n"
               "try:\n    Client(None).dump('link-get', {})\n"
               "except NlError as error:\n    sys.exit(0 if error.error == 1 else 2)\n"
               "sys.exit(1)\n")
    status = subprocess.run(["unshare", "-U", "-r", "-n", sys.executable, "-B", "-c", program,
                             os.path.dirname(os.path.abspath(__file__))], check=False).returncode
    expect_equal(status, 0, "status (1: allowed)")


def main():
    tap = Tap()
    try:
        setup()
        clients = {namespace: Client(namespace) for namespace in NAMESPACES}
        if not tap.check("a whole tunnel from the specification alone", make_tunnel, clients):
            tap.finish()
        tap.check("it carries packets, and its sockets' maker is gone", ping)
        tap.check("every object is shown as it was set", shown_as_set, clients)
        tap.check("objects are changed", changed_by_set, clients)
        tap.check("SPIs are reserved and given up", spi_reservation, clients)
        tap.check("a child with 128 selectors on each side is shown whole", most_selectors, clients)
        tap.check("a dump of 200 SAs is complete and in order", many_objects, clients)
        tap.check("deletion is told, with its reason", deletion_events, clients)
        refusals = refusals_of(clients[LEFT], tap)
        tap.check("without privileges every operation, dump and group is denied", unprivileged,
                  udp_socket(LEFT))
        tap.check("root of another user namespace is denied", root_of_a_user_namespace)
        tap.check("the tunnel works as before", ping)
        tap.check("the requests that were varied are good", valid_after_all, refusals)
    finally:
        cleanup()
    tap.finish()


main()
