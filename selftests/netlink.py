# SPDX-License-Identifier: GPL-2.0
"""A client of the espudp netlink family that knows it only from uapi/espudp.yaml.

The work is done by the kernel's own generic client, tools/net/ynl; its folder is named by the
environment variable YNL, or is what tools/ynl-tree unpacked from Debian's linux-source.
"""

import ipaddress
import os
import socket
import struct
import subprocess
import sys

import netns

HERE = os.path.dirname(os.path.abspath(__file__))
SPEC = os.path.join(HERE, "../uapi/espudp.yaml")


def _ynl_folder():
    folder = os.environ.get("YNL")
    if folder:
        return folder
    unpack = os.path.join(HERE, "../tools/ynl-tree")
    return os.path.join(subprocess.check_output([unpack], text=True).strip(), "tools/net/ynl")


sys.path.insert(0, _ynl_folder())
from lib import NlError, YnlFamily  # noqa: E402 (the path is known only now)
from lib.ynl import Netlink, NlMsgs  # noqa: E402

# What counts time or packets; everything else in a dump changes only by a request.
VOLATILE = {"rx", "tx", "rx-age", "tx-age", "age", "idle", "traffic", "drop", "sequence",
            "keepalives", "passed", "dummies", "waiting", "icmp-ignored", "path-mtu", "path-mtu-age",
            "fragmented-inner", "fragmented-outer", "ecn-warned", "tx-batches", "rx-batches",
            "tx-parallel", "rx-parallel"}
KINDS = ("link", "transport", "peer", "child", "sa")


class Client(YnlFamily):
    """One netlink socket in a namespace of `ip netns`."""

    def __init__(self, namespace):
        self.namespace = namespace
        with netns.inside(namespace):
            super().__init__(SPEC, "")

    def reopen(self):
        """Another socket, made in the present namespace with the present privileges."""
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, Netlink.NETLINK_GENERIC)
        for option in (Netlink.NETLINK_CAP_ACK, Netlink.NETLINK_EXT_ACK, Netlink.NETLINK_GET_STRICT_CHK):
            self.sock.setsockopt(Netlink.SOL_NETLINK, option, 1)

    def _decode(self, attrs, space, *more):
        """The generic client of 6.12 does not know padding, which only some architectures send."""
        specs = self.attr_sets[space].attrs_by_val
        kept = [attr for attr in attrs if attr.type not in specs or specs[attr.type].type != "pad"]
        return super()._decode(kept, space, *more)

    def request(self, operation, **attributes):
        """attributes: names with _ for -; lists for those that may come several times."""
        return self.do(operation, {name.replace("_", "-"): value for name, value in attributes.items()})

    def all(self, kind):
        return self.dump(f"{kind}-get", {})

    def one(self, kind, number):
        return self.request(f"{kind}-get", id=number)

    def snapshot(self):
        """Every object of the namespace, without what counts time or packets."""
        return {kind: [{name: value for name, value in thing.items() if name not in VOLATILE}
                       for thing in self.all(kind)] for kind in KINDS}

    def drops(self):
        """Packets dropped: {(kind, id, reason): count}; a link's id is its name."""
        found = {}
        for kind in ("link", "transport", "sa"):
            for thing in self.all(kind):
                for drop in thing.get("drop", []):
                    key = (kind, thing.get("id", thing.get("ifname")), drop["reason"])
                    found[key] = drop["packets"]
        return found

    def join(self, *groups):
        """Take part in multicast groups; ntf_subscribe() of the generic client can do so only once."""
        if not self.sock.getsockname()[0]:
            self.sock.bind((0, 0))
        for group in groups:
            number = self.nlproto.get_mcast_id(group, self.mcast_groups)
            self.sock.setsockopt(Netlink.SOL_NETLINK, Netlink.NETLINK_ADD_MEMBERSHIP, number)

    def _decode(self, attrs, space, outer_attrs=None):
        """Without the padding before 64-bit values, which some machines need and the generic client does not know."""
        if space:
            kinds = self.attr_sets[space].attrs_by_val
            attrs = [found for found in attrs if found.type not in kinds or kinds[found.type]["type"] != "pad"]
        return super()._decode(attrs, space, outer_attrs)

    def encode(self, operation, attributes):
        """The request's bytes, for tests that damage them."""
        return self._encode_message(self.ops[operation], attributes, [], 1)

    def send_raw(self, message):
        """Send one request; returns (errno, what the kernel explained)."""
        message = struct.pack("=I", len(message)) + message[4:]
        self.sock.send(message)
        while True:
            for reply in NlMsgs(self.sock.recv(65536)):
                if reply.nl_type == Netlink.NLMSG_ERROR:
                    return -reply.error, reply.extack or {}

    def events(self):
        """What came for the groups that join named, in order: [(name, attributes)]."""
        self.check_ntf()
        found = [(event["name"], event["msg"]) for event in self.async_msg_queue]
        self.async_msg_queue.clear()
        return found


def attribute(number, payload, nested=False):
    """The bytes of one netlink attribute."""
    kind = number | (Netlink.NLA_F_NESTED if nested else 0)
    return struct.pack("=HH", len(payload) + 4, kind) + payload + bytes(-len(payload) % 4)


def selector(text, protocol=None, ports=None):
    """The selector attribute of PREFIX/LENGTH, which may have bits set behind its length."""
    interface = ipaddress.ip_interface(text)
    if interface.version == 4:
        found = {"ipv4": int(interface.ip)}
    else:
        found = {"ipv6": interface.ip.packed}
    found["prefix-len"] = interface.network.prefixlen
    if protocol is not None:
        found["protocol"] = protocol
    if ports is not None:
        found["port-first"], found["port-last"] = ports
    return found
