# SPDX-License-Identifier: GPL-2.0
"""The paths that are compared: plain veth, xfrm with ESP in UDP, WireGuard, espudp.

Each is set up between two ends of a wire, with the number n of the tunnel in its addresses:
10.n.0.1 and 10.n.0.2, fd00:n::1 and fd00:n::2.
"""
import base64
import os
import subprocess
import tempfile
import time

import many

MTU = 1420
TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
ESPUDP = os.path.join(TOP, "build/bin/espudp")


def run(*words, ns=None, check=True, **more):
    """Run a command, in a namespace."""
    if ns:
        words = ("ip", "netns", "exec", ns) + words
    done = subprocess.run(words, capture_output=True, text=True, **more)
    if check and done.returncode:
        raise SystemExit("bench: %s: %s" % (" ".join(words), (done.stderr or done.stdout).strip()))
    return done.stdout


def ip(*words, ns=None, check=True):
    """Run ip in a namespace."""
    return run("ip", *(("-n", ns) if ns else ()), *words, check=check)


def wait(what, test, seconds=600):
    """Wait until test() is true. On the cost clock what the machine waits for its files takes no time
    that it could count, so its seconds pass in a flash."""
    end = time.monotonic() + seconds
    while not test():
        if time.monotonic() > end:
            raise SystemExit("bench: waited in vain for " + what)
        time.sleep(0.05)


def namespaces(*names):
    """Make them anew."""
    for name in names:
        ip("netns", "del", name, check=False)
        ip("netns", "add", name)
        run("sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
            "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", ns=name)
        ip("link", "set", "lo", "up", ns=name)


class End:
    """One end of a wire."""

    def __init__(self, ns, dev, address):
        self.ns, self.dev, self.address = ns, dev, address


def wire(left, right, n):
    """A veth pair named after n between two namespaces, 192.0.n.1 and 192.0.n.2."""
    dev = "wire%d" % n
    ip("link", "add", dev, "netns", left, "type", "veth", "peer", "name", dev, "netns", right)
    ends = []
    for number, ns in ((1, left), (2, right)):
        address = "192.0.%d.%d" % (n, number)
        ip("addr", "add", address + "/24", "dev", dev, ns=ns)
        ip("addr", "add", "2001:db8:%d::%d/64" % (n, number), "dev", dev, "nodad", ns=ns)
        ip("link", "set", dev, "mtu", "1500", "up", ns=ns)
        ends.append(End(ns, dev, address))
    return ends


def key_file(octets):
    """Write random key material to a file of its own, in hexadecimal."""
    handle = tempfile.NamedTemporaryFile("w", suffix=".key", delete=False)
    with handle:
        handle.write(os.urandom(octets).hex())
    return handle.name


class Veth:
    """No tunnel: the wire itself."""
    name = "veth"

    def __init__(self, n):
        self.n = n

    def device(self, end):
        """The device that carries the traffic at an end."""
        return end.dev

    def address(self, number, family=4):
        """Inner address of an end, 1 or 2."""
        return "192.0.%d.%d" % (self.n, number) if family == 4 else "2001:db8:%d::%d" % (self.n, number)

    def setup(self, ends):
        """Make the tunnel between two ends."""


class Tunnel(Veth):
    """What all tunnels have in common."""
    prefix = ""

    def device(self, end):
        return "%s%d" % (self.prefix, self.n)

    def address(self, number, family=4):
        return "10.%d.0.%d" % (self.n, number) if family == 4 else "fd00:%d::%d" % (self.n, number)

    def finish(self, end, number):
        """Addresses and MTU of an end."""
        dev = self.device(end)
        ip("link", "set", dev, "mtu", str(MTU), "up", ns=end.ns)
        ip("addr", "add", self.address(number) + "/24", "dev", dev, ns=end.ns)
        ip("addr", "add", self.address(number, 6) + "/64", "dev", dev, "nodad", ns=end.ns)


class Espudp(Tunnel):
    """A hand-keyed espudp link; parallel: all CPUs work for its one SA."""
    prefix = "esp"

    def __init__(self, n, name, suite, key_len, parallel=False):
        super().__init__(n)
        self.name, self.suite, self.key_len, self.parallel = name, suite, key_len, parallel

    def half(self, me, peer, number, keys):
        """One end."""
        n, dev, port = self.n, self.device(me), str(4500 + self.n)
        other = 3 - number
        every = "0.0.0.0/0,::/0"
        ip("link", "add", dev, "type", "espudp", ns=me.ns)
        for words in (
                ("transport", "add", "id", n, "local", me.address, "port", port),
                ("peer", "add", "id", n, "dev", dev, "transport", n, "remote", peer.address + ":" + port),
                ("child", "add", "id", n, "peer", n, "local", every, "remote", every),
                ("sa", "add", "id", n * 10 + number, "child", n, "dir", "in", "spi", 4096 * n + number,
                 "suite", self.suite, "esn", "key", "file:" + keys[other]),
                ("sa", "add", "id", n * 10 + other, "child", n, "dir", "out", "spi", 4096 * n + other,
                 "suite", self.suite, "esn", "key", "file:" + keys[number], "current")):
            run(ESPUDP, *map(str, words), ns=me.ns)
        if self.parallel:
            run(ESPUDP, "link", "set", dev, "parallel", "on", ns=me.ns)
        self.finish(me, number)

    def setup(self, ends):
        keys = {1: key_file(self.key_len), 2: key_file(self.key_len)}
        self.half(ends[0], ends[1], 1, keys)
        self.half(ends[1], ends[0], 2, keys)

    def spread(self, ends, pairs):
        """In place of the one child: one for each host behind us with one behind the far end."""
        for end, mirrored in zip(ends, (False, True)):
            run(ESPUDP, "child", "del", "id", str(self.n), ns=end.ns)
            many.install(many.client(end.ns), self.n, many.source, range(pairs), mirrored)


UDP_ENCAP = """
import signal, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], int(sys.argv[2])))
s.setsockopt(socket.IPPROTO_UDP, 100, 2)  # UDP_ENCAP, UDP_ENCAP_ESPINUDP
print("ready", flush=True)
signal.pause()
"""


class Xfrm(Tunnel):
    """The kernel's ESP in UDP behind an xfrm interface."""
    prefix = "xfrm"

    def __init__(self, n, name, algorithm, key_len):
        super().__init__(n)
        self.name, self.algorithm, self.key_len = name, algorithm, key_len

    def state(self, me, src, dst, spi, key):
        """One SA."""
        port, n = str(4500 + self.n), str(self.n)
        words = ("xfrm", "state", "add", "src", src, "dst", dst, "proto", "esp", "spi", str(spi),
                 "mode", "tunnel", "flag", "esn", "replay-window", "128", "if_id", n,
                 "aead", self.algorithm, "0x" + key, "128", "encap", "espinudp", port, port, "0.0.0.0")
        # The template may still be under test when it is first asked for.
        wait(self.algorithm, lambda: not subprocess.run(("ip", "-n", me.ns) + words, check=False,
                                                        capture_output=True).returncode)

    def half(self, me, peer, number, keys):
        """One end."""
        n, other = str(self.n), 3 - number
        self.state(me, me.address, peer.address, 4096 * self.n + other, keys[number])
        self.state(me, peer.address, me.address, 4096 * self.n + number, keys[other])
        for way, src, dst in (("out", me, peer), ("in", peer, me), ("fwd", peer, me)):
            for every in ("0.0.0.0/0", "::/0"):
                ip("xfrm", "policy", "add", "dir", way, "if_id", n, "src", every, "dst", every,
                   "tmpl", "src", src.address, "dst", dst.address, "proto", "esp", "mode", "tunnel",
                   ns=me.ns)
        ip("link", "add", self.device(me), "type", "xfrm", "dev", me.dev, "if_id", n, ns=me.ns)
        holder = subprocess.Popen(("ip", "netns", "exec", me.ns, "python3", "-c", UDP_ENCAP, me.address,
                                   str(4500 + self.n)), stdout=subprocess.PIPE)
        holder.stdout.readline()
        self.finish(me, number)

    def setup(self, ends):
        keys = {1: os.urandom(self.key_len).hex(), 2: os.urandom(self.key_len).hex()}
        self.half(ends[0], ends[1], 1, keys)
        self.half(ends[1], ends[0], 2, keys)

    def pair(self, me, peer, selectors, spis, number):
        """Lines for ip: the nth pair of SAs, with its policies."""
        n, port = self.n, 4500 + self.n
        near, far = selectors
        for src, dst, spi in ((me, peer, spis[0]), (peer, me, spis[1])):
            yield ("xfrm state add src %s dst %s proto esp spi %d mode tunnel reqid %d flag esn "
                   "replay-window 128 if_id %d aead %s 0x%s 128 encap espinudp %d %d 0.0.0.0" %
                   (src.address, dst.address, spi, number + 1, n, self.algorithm,
                    "%0*x" % (2 * self.key_len, number), port, port))
        for way, src, dst, source, target in (("out", me, peer, near, far), ("in", peer, me, far, near),
                                              ("fwd", peer, me, far, near)):
            yield ("xfrm policy add dir %s if_id %d src %s dst %s tmpl src %s dst %s proto esp reqid %d "
                   "mode tunnel" % (way, n, source, target, src.address, dst.address, number + 1))

    def spread(self, ends, pairs):
        """In place of the one pair: one for each host behind us with one behind the far end."""
        for me, peer, mirrored in ((ends[0], ends[1], False), (ends[1], ends[0], True)):
            for what in ("policy", "state"):
                ip("xfrm", what, "flush", ns=me.ns)
            order = slice(None, None, -1 if mirrored else 1)
            lines = []
            for number in range(pairs):
                lines += self.pair(me, peer, (many.source(number), many.address(number))[order],
                                   many.spis(number, mirrored), number)
            run("ip", "-n", me.ns, "-batch", "-", input="\n".join(lines))


class WireGuard(Tunnel):
    """WireGuard; a private key is any 32 octets, and openssl makes the public one."""
    name = "wireguard"
    prefix = "wg"

    def key(self):
        """A private key, in a file, and its public key."""
        der = subprocess.run(("openssl", "genpkey", "-algorithm", "X25519", "-outform", "DER"),
                             capture_output=True, check=True).stdout
        public = subprocess.run(("openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"),
                                input=der, capture_output=True, check=True).stdout
        handle = tempfile.NamedTemporaryFile("w", suffix=".key", delete=False)
        with handle:
            handle.write(base64.b64encode(der[-32:]).decode())
        return handle.name, base64.b64encode(public[-32:]).decode()

    def setup(self, ends):
        keys = [self.key(), self.key()]
        port = str(51820 + self.n)
        for number, me, peer in ((1, ends[0], ends[1]), (2, ends[1], ends[0])):
            dev = self.device(me)
            ip("link", "add", dev, "type", "wireguard", ns=me.ns)
            run("wg", "set", dev, "private-key", keys[number - 1][0], "listen-port", port,
                "peer", keys[2 - number][1], "allowed-ips", "0.0.0.0/0,::/0",
                "endpoint", peer.address + ":" + port, ns=me.ns)
            self.finish(me, number)


# Name -> maker of a path with the number n of its tunnel.
PATHS = {
    "veth": Veth,
    "xfrm-aesgcm": lambda n: Xfrm(n, "xfrm-aesgcm", "rfc4106(gcm(aes))", 20),
    "xfrm-chacha": lambda n: Xfrm(n, "xfrm-chacha", "rfc7539esp(chacha20,poly1305)", 36),
    "wireguard": WireGuard,
    "espudp-aesgcm": lambda n: Espudp(n, "espudp-aesgcm", "aes-gcm-16-128", 20),
    "espudp-chacha": lambda n: Espudp(n, "espudp-chacha", "chacha20-poly1305", 36),
    "espudp-aesgcm-parallel": lambda n: Espudp(n, "espudp-aesgcm-parallel", "aes-gcm-16-128", 20, True),
    "espudp-chacha-parallel": lambda n: Espudp(n, "espudp-chacha-parallel", "chacha20-poly1305", 36, True),
}

# Those that can have many pairs of SAs.
MANY = ("xfrm-aesgcm", "espudp-aesgcm")
