# SPDX-License-Identifier: GPL-2.0
"""ESP packets (RFC 4303) and what is inside them, made and read without the kernel.

Encryption is libcrypto's, so that nothing here shares code with the kernel's crypto API.
Addresses are text, everything else bytes or integers in host order.
"""

import ctypes
import dataclasses
import ipaddress
import struct

TAG_LEN = 16
IV_LEN = 8
SALT_LEN = 4
HEADER_LEN = 8
ESP_MIN_LEN = HEADER_LEN + IV_LEN + TAG_LEN

NEXT_IPV4 = 4
NEXT_UDP = 17
NEXT_IPV6 = 41
NEXT_DUMMY = 59

_crypto = ctypes.CDLL("libcrypto.so.3")
_crypto.EVP_CIPHER_CTX_new.restype = ctypes.c_void_p
_CTRL_SET_IVLEN, _CTRL_GET_TAG, _CTRL_SET_TAG = 0x9, 0x10, 0x11
_SUITES = {
    "aes-gcm-16-128": ("EVP_aes_128_gcm", 16),
    "aes-gcm-16-256": ("EVP_aes_256_gcm", 32),
    "chacha20-poly1305": ("EVP_chacha20_poly1305", 32),
}
for _name, _ in _SUITES.values():
    getattr(_crypto, _name).restype = ctypes.c_void_p


def _checked(result):
    if result != 1:
        raise RuntimeError("libcrypto failed")


def _aead(suite, key, nonce, aad, data, tag):
    """Encrypt when tag is None and return ciphertext and tag; else decrypt, or return None."""
    encrypt = tag is None
    name, key_len = _SUITES[suite]
    assert len(key) == key_len and len(nonce) == 12
    context = ctypes.c_void_p(_crypto.EVP_CIPHER_CTX_new())
    out = ctypes.create_string_buffer(len(data) + TAG_LEN)
    used = ctypes.c_int()
    try:
        cipher = ctypes.c_void_p(getattr(_crypto, name)())
        _checked(_crypto.EVP_CipherInit_ex(context, cipher, None, None, None, int(encrypt)))
        _checked(_crypto.EVP_CIPHER_CTX_ctrl(context, _CTRL_SET_IVLEN, len(nonce), None))
        if not encrypt:
            _checked(_crypto.EVP_CIPHER_CTX_ctrl(context, _CTRL_SET_TAG, TAG_LEN, tag))
        _checked(_crypto.EVP_CipherInit_ex(context, None, None, key, nonce, int(encrypt)))
        _checked(_crypto.EVP_CipherUpdate(context, None, ctypes.byref(used), aad, len(aad)))
        _checked(_crypto.EVP_CipherUpdate(context, out, ctypes.byref(used), data, len(data)))
        text = out.raw[:used.value]
        if _crypto.EVP_CipherFinal_ex(context, out, ctypes.byref(used)) != 1:
            return None
        if not encrypt:
            return text
        tag = ctypes.create_string_buffer(TAG_LEN)
        _checked(_crypto.EVP_CIPHER_CTX_ctrl(context, _CTRL_GET_TAG, TAG_LEN, tag))
        return text + tag.raw
    finally:
        _crypto.EVP_CIPHER_CTX_free(context)


@dataclasses.dataclass
class Opened:
    """A received packet: its header, and what was encrypted."""
    spi: int
    sequence: int  # all 64 bits with ESN, else the 32 that were sent
    iv: bytes
    inner: bytes
    padding: bytes
    next_header: int


class Sa:
    """One direction of one key; key is hexadecimal text of the key material, salt last."""

    def __init__(self, suite, key, spi, esn=False):
        material = bytes.fromhex(key)
        self.suite = suite
        self.key, self.salt = material[:-SALT_LEN], material[-SALT_LEN:]
        self.spi = spi
        self.esn = esn
        self.sequence = 0

    def _aad(self, sequence):
        low = sequence & 0xffffffff
        if self.esn:
            return struct.pack(">III", self.spi, sequence >> 32, low)
        return struct.pack(">II", self.spi, low)

    def seal(self, inner, next_header=None, sequence=None, trailer=None):
        """The ESP packet for inner; the next number of the SA unless one is given.

        trailer replaces padding, pad length and next header as a whole.
        """
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        if next_header is None:
            next_header = NEXT_IPV6 if inner[:1] and inner[0] >> 4 == 6 else NEXT_IPV4
        if trailer is None:
            pad_len = -(len(inner) + 2) % 4
            trailer = bytes(range(1, pad_len + 1)) + bytes([pad_len, next_header])
        iv = struct.pack(">Q", sequence)
        sealed = _aead(self.suite, self.key, self.salt + iv, self._aad(sequence), inner + trailer, None)
        return struct.pack(">II", self.spi, sequence & 0xffffffff) + iv + sealed

    def open(self, packet, sequence_high=0):
        """Decrypt; None if the packet is not of this SA or not authentic."""
        if len(packet) < ESP_MIN_LEN + 2:
            return None
        spi, low = struct.unpack(">II", packet[:HEADER_LEN])
        if spi != self.spi:
            return None
        sequence = sequence_high << 32 | low
        iv = packet[HEADER_LEN:HEADER_LEN + IV_LEN]
        text = _aead(self.suite, self.key, self.salt + iv, self._aad(sequence),
                     packet[HEADER_LEN + IV_LEN:-TAG_LEN], packet[-TAG_LEN:])
        if text is None:
            return None
        pad_len, next_header = text[-2], text[-1]
        end = len(text) - 2 - pad_len
        return Opened(spi, sequence, iv, text[:end], text[end:-2], next_header)


def cut(payload):
    """The ESP packets of a UDP GSO packet: each begins with the same SPI and the next number."""
    while payload:
        spi, number = struct.unpack_from(">II", payload)
        end = payload.find(struct.pack(">II", spi, number + 1 & 0xffffffff), HEADER_LEN)
        one, payload = (payload, b"") if end < 0 else (payload[:end], payload[end:])
        yield one


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4(source, destination, protocol, payload, tos=0, **fields):
    """An IPv4 packet. fields: version, ihl and total, to write others than the right ones."""
    total = fields.get("total", 20 + len(payload))
    first = fields.get("version", 4) << 4 | fields.get("ihl", 5)
    header = struct.pack(">BBHHHBBH4s4s", first, tos, total, 1, 0, 64, protocol, 0,
                         ipaddress.IPv4Address(source).packed, ipaddress.IPv4Address(destination).packed)
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def ipv6(source, destination, protocol, payload, tos=0, **fields):
    """An IPv6 packet. fields: version and length, to write others than the right ones."""
    first = fields.get("version", 6) << 28 | tos << 20
    return struct.pack(">IHBB", first, fields.get("length", len(payload)), protocol, 64) + \
        ipaddress.IPv6Address(source).packed + ipaddress.IPv6Address(destination).packed + payload


def udp(source, destination, source_port, destination_port, data, tos=0, **fields):
    """A UDP datagram in the packet of its addresses' family."""
    length = 8 + len(data)
    header = struct.pack(">HHHH", source_port, destination_port, length, 0)
    version = ipaddress.ip_address(source).version
    pseudo = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    pseudo += struct.pack(">HH", 17, length) if version == 4 else struct.pack(">II", length, 17)
    total = checksum(pseudo + header + data) or 0xffff
    datagram = header[:6] + struct.pack(">H", total) + data
    return (ipv4 if version == 4 else ipv6)(source, destination, 17, datagram, tos, **fields)
