#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Read a script of espudp export windows as PowerShell would, as far as that can be done without Windows.

usage: tools/powershell.py < SCRIPT

The grammar is the part of PowerShell's that the script needs: comments, lines that go on after a backtick, $name =
'string', commands with named parameters, and (Command).Member. What a command takes is in the table below, which is that
of Microsoft's reference of the module VpnClient: parameters, what must be given, and which values there are. Then what
the reference does not say but the commands do: an AEAD is cipher and integrity alike, routes are for split tunnels, all
commands are about the connection that the first one makes. A comment tells Windows nothing, and is not looked at.
"""

import ipaddress
import re
import sys

STRING, PREFIX, SWITCH, XML = "a string", "a prefix", "a switch", "an EAP configuration"
GCM = ["GCMAES128", "GCMAES192", "GCMAES256"]

# Parameters that we might use; those that a command cannot do without come first, and are counted.
COMMANDS = {
    "Add-VpnConnection": (2, {
        "Name": STRING,
        "ServerAddress": STRING,
        "TunnelType": ["Pptp", "L2tp", "Sstp", "Ikev2", "Automatic"],
        "EncryptionLevel": ["NoEncryption", "Optional", "Required", "Maximum", "Custom"],
        "AuthenticationMethod": ["Pap", "Chap", "MSChapv2", "Eap", "MachineCertificate"],
        "SplitTunneling": SWITCH,
        "AllUserConnection": SWITCH,
        "DnsSuffix": STRING,
        "EapConfigXmlStream": XML,
        "Force": SWITCH,
    }),
    "Set-VpnConnection": (1, {
        "Name": STRING,
        "EapConfigXmlStream": XML,
        "AllUserConnection": SWITCH,
        "Force": SWITCH,
    }),
    "Set-VpnConnectionIPsecConfiguration": (7, {
        "ConnectionName": STRING,
        "AuthenticationTransformConstants": ["MD596", "SHA196", "SHA256128", *GCM, "None"],
        "CipherTransformConstants": ["DES", "DES3", "AES128", "AES192", "AES256", *GCM, "None"],
        "DHGroup": ["None", "Group1", "Group2", "Group14", "ECP256", "ECP384", "Group24"],
        "EncryptionMethod": ["DES", "DES3", "AES128", "AES192", "AES256", "GCMAES128", "GCMAES256"],
        "IntegrityCheckMethod": ["MD5", "SHA1", "SHA256", "SHA384"],
        "PfsGroup": ["None", "PFS1", "PFS2", "PFS2048", "ECP256", "ECP384", "PFSMM", "PFS24"],
        "AllUserConnection": SWITCH,
        "Force": SWITCH,
    }),
    "Add-VpnConnectionRoute": (2, {
        "ConnectionName": STRING,
        "DestinationPrefix": PREFIX,
        "AllUserConnection": SWITCH,
    }),
    "New-EapConfiguration": (1, {
        "Tls": SWITCH,
        "UserCertificate": SWITCH,
        "VerifyServerIdentity": SWITCH,
    }),
}

# What only looks like one of these (typographic quotes end a string, too) is no token.
TOKEN = re.compile(r"""
    (?P<space>[ ]+(?:`\n[ ]*)?) | (?P<line>\n) | (?P<comment>\#[^\n]*) |
    (?P<string>'(?:[ !\#-&(-~]|'')*') | (?P<variable>\$[A-Za-z][A-Za-z0-9]*) |
    (?P<command>(?:Add|Set|New)-[A-Za-z]+) | (?P<parameter>-[A-Za-z]+) | (?P<word>[A-Za-z0-9]+) |
    (?P<member>\)\.[A-Za-z]+) | (?P<sign>[=(])""", re.VERBOSE)


class Refused(Exception):
    """What PowerShell would not take."""


def check(right, text):
    if not right:
        raise Refused(text)


def tokens(text):
    """Kind and text of each token; space only where it tells two of them apart."""
    out, at, apart = [], 0, True
    while at < len(text):
        found = TOKEN.match(text, at)
        check(found, f"what is this: {text[at:at + 20]!r}")
        kind, at = found.lastgroup, found.end()
        check(kind != "comment" or apart, "a comment begins in a word")
        check(kind in ("space", "line", "sign", "member") or apart, f"no space before {found.group()!r}")
        apart = kind in ("space", "line") or found.group() in ("(", "=")
        if kind not in ("space", "comment"):
            out.append((kind, found.group()))
    return out


class Script:
    """Commands that were read: names and what their parameters are given."""

    def __init__(self, text):
        self.left = tokens(text)
        self.variables = {}
        self.commands = []
        while self.left:
            if self.left[0][0] == "line":
                self.take("line")
            elif self.left[0][0] == "variable":
                self.assignment()
                self.take("line")
            else:
                self.commands.append(self.command())
                self.take("line")

    def take(self, kind, text=None):
        check(self.left, f"the script ends where {text or kind} must come")
        found, value = self.left.pop(0)
        check(found == kind and text in (None, value), f"{value!r} where {text or kind} must come")
        return value

    def next_is(self, kind):
        return bool(self.left) and self.left[0][0] == kind

    def assignment(self):
        name = self.take("variable")
        self.take("sign", "=")
        self.variables[name] = self.take("string")[1:-1].replace("''", "'")

    def command(self):
        name = self.take("command")
        check(name in COMMANDS, f"there is no {name}")
        needed, known = COMMANDS[name]
        given = {}
        while self.next_is("parameter"):
            parameter = self.take("parameter")[1:]
            check(parameter in known, f"{name} has no -{parameter}")
            check(parameter not in given, f"{name}: -{parameter} comes twice")
            given[parameter] = self.value(f"{name} -{parameter}", known[parameter])
        for parameter in list(known)[:needed]:
            check(parameter in given, f"{name} needs -{parameter}")
        return name, given

    def value(self, where, kind):
        if kind == SWITCH:
            return True
        if kind == XML:
            return self.configuration()
        if isinstance(kind, list):
            word = self.take("word")
            check(word in kind, f"{where} takes {', '.join(kind)}, and not {word}")
            return word
        if self.next_is("variable"):
            name = self.take("variable")
            check(name in self.variables, f"{where}: {name} has no value")
            value = self.variables[name]
        else:
            value = self.take("string")[1:-1].replace("''", "'")
        check(value, f"{where}: it is empty")
        if kind == PREFIX:
            try:
                ipaddress.ip_network(value)
            except ValueError as error:
                raise Refused(f"{where}: {error}") from error
        return value

    def configuration(self):
        self.take("sign", "(")
        name, given = self.command()
        check(name == "New-EapConfiguration", f"{name} makes no configuration of EAP")
        self.take("member", ").EapConfigXmlStream")
        return given


def one(commands, name):
    """What the only command of that name is given."""
    found = [given for what, given in commands if what == name]
    check(len(found) == 1, f"{name} comes {len(found)} times")
    return found[0]


def sense(commands):
    """What the commands make of each other."""
    check(commands and commands[0][0] == "Add-VpnConnection", "nothing is done before there is a connection")
    made, suites = one(commands, "Add-VpnConnection"), one(commands, "Set-VpnConnectionIPsecConfiguration")
    for name, given in commands:
        check(given.get("Name", given.get("ConnectionName")) == made["Name"], f"{name} is about another connection")
    check(made.get("TunnelType") == "Ikev2", "it is no tunnel of IKEv2")
    check(made.get("AuthenticationMethod") in ("Eap", "MachineCertificate"), "no way for IKEv2 to prove who it is")
    eap = [given["EapConfigXmlStream"] for name, given in commands if "EapConfigXmlStream" in given]
    check(not eap or made["AuthenticationMethod"] == "Eap", "EAP is set up and not used")
    check(all("UserCertificate" in given for given in eap), "without -UserCertificate it asks for a smart card")
    check(all("VerifyServerIdentity" in given for given in eap), "EAP-TLS with whoever answers")
    routes = [given["DestinationPrefix"] for name, given in commands if name == "Add-VpnConnectionRoute"]
    check(bool(routes) == ("SplitTunneling" in made), "routes and -SplitTunneling go together")
    check(len(set(routes)) == len(routes), "a route comes twice")
    cipher, integrity = suites["CipherTransformConstants"], suites["AuthenticationTransformConstants"]
    check(cipher == integrity or (cipher not in GCM and integrity not in GCM), "an AEAD is cipher and integrity alike")
    weak = {"DES", "DES3", "MD5", "MD596", "SHA1", "SHA196", "Group1", "Group2", "Group24", "PFS1", "PFS2", "PFS24"}
    check(not weak & {value for value in suites.values() if isinstance(value, str)}, "it is weak")
    check("None" not in (cipher, integrity, suites["DHGroup"]), "something is not protected")


def main():
    try:
        commands = Script(sys.stdin.buffer.read().decode("ascii")).commands
        sense(commands)
    except (Refused, UnicodeDecodeError) as error:
        print(f"windows: {error}")
        return 1
    print(f"windows: {len(commands)} commands, as Microsoft describes them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
