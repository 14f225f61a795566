#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ECN both ways in every combination (RFC 6040), and what else outer headers say of inner packets: DSCP, TTL, DF, flow label,
# ports, mark and priority. The cases are in ecn.py.
#
# timeout: 600

. "$(dirname "$0")/lib.sh"

scene()
{
	setup_ns left right && quiet "$left" && join "$left" "$right" && espudp_link "$left" left &&
	espudp_peer "$left" left 4 && espudp_peer "$left" left 6
}

check "a link with a peer over IPv4 and one over IPv6" scene || exit
absorb "$PYTHON" -B "$here/ecn.py" "$left" "$right"
