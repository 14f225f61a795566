#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Outbound SAs of single CPUs (RFC 9611): each CPU sends with its own, and with that of all where there is none. The cases
# are in cpu.py.
#
# timeout: 120

. "$(dirname "$0")/lib.sh"

scene()
{
	setup_ns left right && quiet "$left" && join "$left" "$right" && espudp_link "$left" left &&
	espudp_peer "$left" left 4
}

refusals()
{
	local add=(espudp_in "$left" sa add id 900 child 4 spi 0x900 suite aes-gcm-16-128
		   key "file:$(key_file aes-gcm-16-128 1)")

	fails "${add[@]}" dir in cpu 0 && grep -q outbound "$work/refusal" &&
	fails "${add[@]}" dir out cpu 100000 && grep -q 'no such CPU' "$work/refusal" &&
	! espudp_in "$left" sa show -j | grep -q '"id": *900\b'
}

shown()
{
	espudp_in "$left" sa add id 900 child 4 dir out spi 0x900 suite aes-gcm-16-128 cpu 0 \
		key "file:$(key_file aes-gcm-16-128 1)" &&
	equal "$(field "$left" sa 900 cpu)" 0 "cpu" && espudp_in "$left" sa show id 900 | grep -q 'cpu 0' &&
	espudp_in "$left" sa del 900
}

check "a link" scene || exit
absorb "$PYTHON" -B "$here/cpu.py" "$left" "$right"
check "the command shows it" shown
check "what cannot be is refused" refusals
check "the module is removed" timeout 30 rmmod espudp
