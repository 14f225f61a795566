#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""See that what espudp export prints is what its readers read: a property list, JSON, a script.

usage: tools/docs-export.py apple | android | windows < FILE
"""

import json
import plistlib
import re
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


def windows(data):
    """A script: every quote is closed, every parameter has its value, every line that goes on has one behind it."""
    text = data.decode("ascii")
    commands = [line for line in text.replace("`\n", " ").split("\n") if line and line[0] not in "#$"]
    for command in commands:
        bare = re.sub(r"'[^']*'", "Q", command)
        assert "'" not in bare and '"' not in bare, command
        assert re.fullmatch(r"(Add|Set)-Vpn[A-Za-z]+( +-[A-Za-z]+( +[$A-Za-z0-9]+)?)+", bare), command
    assert [c.split()[0] for c in commands][:2] == ["Add-VpnConnection", "Set-VpnConnectionIPsecConfiguration"]


if __name__ == "__main__":
    {"apple": apple, "android": android, "windows": windows}[sys.argv[1]](sys.stdin.buffer.read())
    print(f"{sys.argv[1]}: well-formed")
