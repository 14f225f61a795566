# SPDX-License-Identifier: GPL-2.0
"""Requests made up from uapi/espudp.yaml: right by the specification, nearly right, or torn.

Nothing here knows a command or an attribute by name but for the few whose values only the machine
knows (Values); a command that is added to the specification is made up as well.
"""

import os
import struct

from netlink import attribute

REQUEST_ACK = 0x5
REQUEST_DUMP = 0x301
FORMATS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "s32": "i", "s64": "q"}
EDGES = (0, 1, 2, 31, 32, 33, 63, 64, 127, 128, 129, 255, 256, 1023, 1024, 4500, 16384, 16385, 0x7fff, 0x8000, 0xffff,
         0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
ANCESTORS = 3  # how deep nests go, when they are made to


class Values:
    """Values that only the machine knows. Each is called with a random generator."""

    def __init__(self, indices, names, sockets, suites):
        self.indices, self.names, self.sockets, self.suites = indices, names, sockets, suites

    def of(self, rng, set_name, name):
        """A likely value of an attribute, or None if the specification is enough."""
        if name == "id" or name.endswith("-id"):
            return rng.randrange(1, 5)
        if name == "ifindex":
            return rng.choice(self.indices)
        if name == "ifname":
            return rng.choice(self.names)
        if name == "netnsid":
            return rng.choice((0, 1, 77))
        if name == "fd":
            return rng.choice(self.sockets)
        if name == "spi":
            return rng.randrange(0x100, 0x106)
        if (set_name, name) == ("selector", "prefix-len"):
            return rng.choice((0, 8, 24, 32, 64, 128))
        return None


class Grammar:
    # Without these a request says nothing, mostly.
    NEEDED = {"id", "child-id", "peer-id", "transport-id", "ifindex", "fd", "direction", "spi", "suite", "key", "local",
              "remote", "prefix-len"}
    # With these it mostly contradicts itself or the machine.
    SELDOM = {"netnsid", "remote-scope"}

    def __init__(self, client, values, rng):
        self.client, self.values, self.rng = client, values, rng
        self.operations = [name for name, operation in client.ops.items() if "do" in operation.yaml]

    # ---- values

    def integer(self, spec, low=None, high=None):
        size = struct.calcsize(FORMATS[spec.type]) * 8
        checks = spec.yaml.get("checks", {})
        low = max(checks.get("min", 0), 0)
        high = min(checks.get("max", (1 << size) - 1), (1 << size) - 1)
        kind = self.rng.random()
        if kind < 0.5:
            return self.rng.choice([edge for edge in EDGES if low <= edge <= high] or [low])
        if kind < 0.8:
            return min(high, low + self.rng.randrange(8))
        return self.rng.randint(low, high)

    def number(self, set_name, spec):
        value = self.values.of(self.rng, set_name, spec.name)
        if value is None and "enum" in spec.yaml:
            entries = self.client.consts[spec.yaml["enum"]].entries
            value = self.rng.choice(list(entries.values())).value
        if value is None:
            value = self.integer(spec)
        return value

    def encode_number(self, spec, value):
        code = FORMATS[spec.type]
        value &= (1 << 8 * struct.calcsize(code)) - 1
        order = ">" if spec.byte_order == "big-endian" else "="
        return struct.pack(order + code.upper(), value)

    def payload(self, set_name, spec):
        if spec.type in FORMATS:
            return self.encode_number(spec, self.number(set_name, spec))
        if spec.type == "flag":
            return b""
        if spec.type == "string":
            value = self.values.of(self.rng, set_name, spec.name)
            return (value or "x" * self.rng.randrange(1, 40)).encode() + b"\0"
        if spec.type == "nest":
            return self.nest(spec.yaml["nested-attributes"])
        return self.octets(spec)

    def nest(self, set_name):
        """One of two addresses is rarely hit by chance together with the right length."""
        specs = self.client.attr_sets[set_name]
        if "prefix-len" not in specs or self.rng.random() < 0.3:
            return self.attributes(set_name)
        name, address = self.rng.choice((("ipv4", bytes((10, self.rng.randrange(4), 0, 0))),
                                         ("ipv6", b"\xfd" + bytes((self.rng.randrange(4),)) + bytes(14))))
        found = attribute(specs[name].value, address)
        found += attribute(specs["prefix-len"].value, bytes((self.rng.choice((16, 24, len(address) * 8)),)))
        if self.rng.random() < 0.3:
            found += attribute(specs["protocol"].value, bytes((self.rng.choice((6, 17, 58)),)))
        return found

    def octets(self, spec):
        checks = spec.yaml.get("checks", {})
        length = checks.get("exact-len")
        if length is None:
            length = self.rng.choice((20, 28, 36, 19, 35, 48, 64, 80, self.rng.randrange(1, 129)))
        # Zeros are addresses as well, and whole prefixes.
        return self.rng.choice((bytes(length), self.rng.randbytes(length), b"\xfd" + bytes(length - 1)))

    # ---- attributes

    def likelihood(self, name, there, family):
        if name in self.NEEDED:
            return 0.97
        if name in self.SELDOM or ("-ipv" in name and not name.endswith(family)):
            return 0.05
        return there

    def attributes(self, set_name, names=None):
        """A nest's or a message's attributes, one by one; few or most of them."""
        result, there, family = b"", self.rng.choice((0.05, 0.3, 0.6, 0.9)), self.rng.choice(("-ipv4", "-ipv6"))
        for name, spec in self.client.attr_sets[set_name].items():
            if spec.type == "pad" or (names is not None and name not in names):
                continue
            if self.rng.random() > self.likelihood(name, there, family):
                continue
            for _ in range(self.rng.randrange(1, 4) if spec.is_multi else 1):
                result += attribute(spec.value, self.payload(set_name, spec), spec.type == "nest")
        return result

    def sa_key(self, body, set_name):
        """A key that fits a suite, which chance would hardly find."""
        specs = self.client.attr_sets[set_name]
        if "key" not in specs or self.rng.random() < 0.2:
            return body
        suite, length = self.rng.choice(self.values.suites)
        entries = self.client.consts[specs["suite"].yaml["enum"]].entries
        kept = [(kind, data) for kind, data in split(body)
                if kind & 0x3fff not in (specs["suite"].value, specs["key"].value)]
        return b"".join(attribute(kind & 0x3fff, data, bool(kind & 0x8000)) for kind, data in kept) + \
            attribute(specs["suite"].value, struct.pack("=I", entries[suite].value)) + \
            attribute(specs["key"].value, self.rng.randbytes(length))

    def message(self, operation, body, flags=REQUEST_ACK):
        family = self.client.nlproto.family_id
        header = struct.pack("=BBH", self.client.ops[operation].req_value, 1, 0)
        return struct.pack("=IHHII", 16 + len(header) + len(body), family, flags, self.rng.getrandbits(31), 0) + \
            header + body

    def ending(self, *ends):
        return [name for name in self.operations if name.endswith(ends)]

    def request(self, operation=None):
        """A request right by the specification; what it names may not exist."""
        if not operation:
            # What is deleted as often as it is made has nothing to hang on.
            making, deleting = self.ending("-new", "-add"), self.ending("-del", "-free")
            others = [name for name in self.operations if name not in making and name not in deleting]
            operation = self.rng.choice(self.rng.choice((making,) * 10 + (others,) * 8 + (deleting,)))
        spec = self.client.ops[operation]
        names = spec.yaml["do"].get("request", {}).get("attributes", [])
        body = self.attributes(spec.attr_set.name, names)
        if operation == "sa-new":
            body = self.sa_key(body, spec.attr_set.name)
        return self.message(operation, body)

    # ---- damage

    def damaged(self):
        """A request with attributes missing, twice, unknown, too long, misplaced; or with random octets changed."""
        message = bytearray(self.request())
        if self.rng.random() < 0.6:
            body = self.shuffle(split(bytes(message[20:])))
            message = bytearray(message[:20] + body)
        else:
            self.scratch(message)
        struct.pack_into("=I", message, 0, len(message))
        struct.pack_into("=HH", message, 4, self.client.nlproto.family_id, REQUEST_ACK)
        return bytes(message)

    def shuffle(self, found):
        """Damage a list of attributes and encode it."""
        for _ in range(self.rng.randrange(1, 4)):
            index = self.rng.randrange(len(found)) if found else 0
            damage = self.rng.choice((self.drop, self.double, self.resize, self.rename, self.swap, self.bury, self.add))
            damage(found, index)
        return b"".join(struct.pack("=HH", len(data) + 4, kind) + data + bytes(-len(data) % 4)
                        for kind, data in found)

    def drop(self, found, index):
        del found[index:index + 1]

    def double(self, found, index):
        found[index:index] = found[index:index + 1]

    def resize(self, found, index):
        if found:
            kind, data = found[index]
            length = self.rng.choice((0, 1, 2, 3, 5, len(data) + 1, len(data) + 4, 300, 4000))
            found[index] = kind, (data + bytes(length))[:length]

    def rename(self, found, index):
        if found:
            found[index] = self.rng.choice((0, self.rng.randrange(64), self.rng.randrange(65536))), found[index][1]

    def swap(self, found, index):
        if found:
            found[index] = found[index][0] ^ self.rng.choice((0x8000, 0x4000)), found[index][1]

    def bury(self, found, index):
        if found:
            kind, data = found[index]
            for _ in range(self.rng.randrange(1, ANCESTORS + 1)):
                data = attribute(kind & 0x3fff, data, True)[:65000]
            found[index] = kind, data

    def add(self, found, index):
        found.insert(index, (self.rng.randrange(65536), self.rng.randbytes(self.rng.randrange(24))))

    def scratch(self, message):
        for _ in range(self.rng.randrange(1, 6)):
            kind = self.rng.random()
            if kind < 0.6:
                message[self.rng.randrange(16, len(message))] = self.rng.randrange(256)
            elif kind < 0.8 and len(message) > 24:
                del message[self.rng.randrange(20, len(message)):]
            else:
                message += self.rng.randbytes(self.rng.randrange(1, 32))


def split(body):
    """The attributes of a body, as (type, payload); stops at what is torn."""
    found = []
    while len(body) >= 4:
        length, kind = struct.unpack_from("=HH", body)
        if length < 4 or length > len(body):
            break
        found.append((kind, body[4:length]))
        body = body[length + 3 & ~3:]
    return found


def seed():
    """FUZZ_SEED of the environment, or one of chance; to be printed, so that a failure can be repeated."""
    return int(os.environ.get("FUZZ_SEED") or int.from_bytes(os.urandom(4), "little"))
