#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Traffic flow confidentiality (RFC 4303 2.6, 2.7): padding and dummy packets, sent and received. The cases are in tfc.py.
#
# timeout: 300

. "$(dirname "$0")/lib.sh"

scene()
{
	setup_ns left right && quiet "$left" && join "$left" "$right" && espudp_link "$left" left &&
	espudp_peer "$left" left 4 && espudp_peer "$left" left 6
}

# Both ends pad everything as far as it goes, and send dummies in between.
both_ends()
{
	espudp_link "$right" right && espudp_peer "$right" right 4 && traffic_server "$right" &&
	both_sas 4 1 "$1" out:tfc-pad 65535 && pings "$left" 10.4.2.1 5 && pings "$left" 10.4.2.1 3 -s 1200 &&
	espudp_in "$left" sa dummy "$(sa_out 1)" dummy-count 20 && espudp_in "$right" sa dummy id "$(sa_out 1)" dummy-len 0 &&
	udp "$left" 10.4.2.1 1 100 120 && tcp "$left" 10.4.2.1 1000000 &&
	equal "$(field "$right" sa "$(sa_in 1)" dummies)" 20 "dummies received on the right" &&
	equal "$(field "$left" sa "$(sa_in 1)" dummies)" 1 "dummies received on the left" &&
	equal "$(field "$left" sa "$(sa_out 1)" dummies)" 20 "dummies sent" || return
	espudp_in "$left" sa set id "$(sa_out 1)" tfc-pad 0 && pings "$left" 10.4.2.1 3
}

refusals()
{
	fails espudp_in "$left" sa dummy id "$(sa_in 1)" && grep -q inbound "$work/refusal" &&
	fails espudp_in "$left" sa set id "$(sa_in 1)" tfc-pad 100 && grep -q inbound "$work/refusal" &&
	fails espudp_in "$left" sa set id "$(sa_out 1)" tfc-pad 65536
}

check "a link" scene || exit
absorb "$PYTHON" -B "$here/tfc.py" "$left" "$right"
check "two ends, AES-GCM" both_ends aes-gcm-16-128
check "what cannot be is refused" refusals
