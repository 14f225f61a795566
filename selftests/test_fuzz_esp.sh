#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ESP packets made up for a bounded time (FUZZ_TIME seconds): valid, mutated, cut, replayed, in fragments, with odd
# trailers and odd inner packets behind real keys. Each is accounted for once, and good ones pass all along.
#
# timeout: 900

. "$(dirname "$0")/lib.sh"

# One side is real, the other a socket.
one_end()
{
	setup_ns left right && join "$left" "$right" && quiet "$left" &&
	espudp_link "$left" left && espudp_peer "$left" left 4 && espudp_peer "$left" left 6
}

check "one end" one_end || exit
absorb "$PYTHON" "$here/fuzz_esp.py" "$left" "$right"
