#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What must work on every kernel before anything else is looked at: the module loads by itself, a hand-keyed tunnel
# carries both inner families over both outer ones, counts what it carries, is keyed anew, and the module goes.
#
# timeout: 240

. "$(dirname "$0")/lib.sh"

suite=aes-gcm-16-128

loaded_by_link()
{
	[ ! -e /sys/module/espudp ] || rmmod espudp || return
	setup_ns alone && ip -n "$alone" link add vpn0 type espudp && [ -e /sys/module/espudp ]
}

# carried OUTER: what both SAs of the left side have counted, of ten pings and of nothing else.
carried()
{
	local id

	for id in "$(sa_in "$1")" "$(sa_out "$1")"; do
		equal "$(field "$left" sa "$id" packets)" 10 "packets of SA $id" || return
	done
}

both_families()
{
	both_sas "$1" "$1" $suite && pings "$left" "$(inner_address right "$1" 4)" 5 &&
	pings "$left" "$(inner_address right "$1" 6)" 5 && carried "$1"
}

bulk()
{
	tcp "$left" "$(inner_address right "$1" 4)" 1000000 && tcp "$right" "$(inner_address left "$1" 6)" 1000000
}

rekeyed()
{
	both_sas 4 11 chacha20-poly1305 && pings "$left" 10.4.2.1 5 &&
	equal "$(field "$left" sa "$(sa_in 11)" packets)" 5 "packets of the new SA"
}

refused_unless_right()
{
	fails espudp_in "$left" sa add id 99 child 4 dir in spi 5 suite $suite key "file:$(key_file $suite 1)" &&
	fails espudp_in "$left" peer add id 4 dev vpn0 transport 4 remote 192.0.2.9 &&
	equal "$(ids "$left" peer)" "4 6" peers
}

unloaded()
{
	flood "$left" 10.4.2.1
	timeout 60 rmmod espudp
	local status=$?
	unflood
	[ $status = 0 ] && [ ! -e /sys/module/espudp ]
}

check "ip link add loads the module" loaded_by_link || exit
check "two hosts with links over IPv4 and IPv6" two_ends 4 6 || exit
for outer in 4 6; do
	check "inner v4 and v6 pass and are counted: outer v$outer" both_families $outer
	check "TCP both ways: outer v$outer" bulk $outer
done
check "another suite takes over" rekeyed
check "what is wrong is refused, with a word" refused_unless_right
check "the module goes while packets flow" unloaded
