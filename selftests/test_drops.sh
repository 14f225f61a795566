#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An espudp link against ESP made by hand: what is sent is right to the octet; what is damaged, replayed, foreign or
# malformed is not delivered and is counted under its reason, once. The cases are in drops.py.
#
# timeout: 600

. "$(dirname "$0")/lib.sh"

scene()
{
	setup_ns left right && quiet "$left" && join "$left" "$right" && espudp_link "$left" left &&
	espudp_peer "$left" left 4 && espudp_peer "$left" left 6
}

check "a link with a peer over IPv4 and one over IPv6" scene || exit
absorb "$PYTHON" -B "$here/drops.py" "$left" "$right"
