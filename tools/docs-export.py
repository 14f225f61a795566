#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""See that what espudp export prints is what its readers read: a property list, JSON.

usage: tools/docs-export.py apple | android < FILE
"""

import json
import plistlib
import sys
import uuid

APPLE = {"RemoteAddress", "RemoteIdentifier", "AuthenticationMethod", "IKESecurityAssociationParameters",
         "ChildSecurityAssociationParameters"}


def apple(data):
    """A configuration profile: UUIDs that differ, identifiers, and what a VPN of type IKEv2 must have."""
    profile = plistlib.loads(data, fmt=plistlib.FMT_XML)
    (vpn,) = profile["PayloadContent"]
    assert profile["PayloadType"] == "Configuration" and vpn["PayloadType"] == "com.apple.vpn.managed"
    assert profile["PayloadVersion"] == 1 and vpn["VPNType"] == "IKEv2"
    assert uuid.UUID(profile["PayloadUUID"]) != uuid.UUID(vpn["PayloadUUID"])
    assert APPLE <= set(vpn["IKEv2"]), sorted(APPLE - set(vpn["IKEv2"]))
    for name in ("IKESecurityAssociationParameters", "ChildSecurityAssociationParameters"):
        assert 10 <= vpn["IKEv2"][name]["LifeTimeInMinutes"] <= 1440
        assert vpn["IKEv2"][name]["DiffieHellmanGroup"] in range(14, 33)


def android(data):
    """A profile of the strongSwan client."""
    profile = json.loads(data)
    uuid.UUID(profile["uuid"])
    assert profile["type"] in ("ikev2-eap", "ikev2-cert", "ikev2-eap-tls") and profile["remote"]["addr"]
    assert profile["ike-proposal"] and profile["esp-proposal"]


if __name__ == "__main__":
    {"apple": apple, "android": android}[sys.argv[1]](sys.stdin.buffer.read())
    print(f"{sys.argv[1]}: well-formed")
