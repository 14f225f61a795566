#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A storm of changes under load, for a bounded time (STORM_TIME seconds): rekeying, objects made and deleted, links deleted
# and moved, namespaces that come and go, transports replaced, dumps, the module removed. No packet is promised to arrive
# meanwhile; afterwards all must work as before.
#
# timeout: 1200

. "$(dirname "$0")/lib.sh"

seconds=${STORM_TIME:-20}
patience=$((30 * ${ESPUDP_SLOW:-1}))
suite=aes-gcm-16-128

build()
{
	two_ends 4 && both_sas 4 1 $suite && setup_ns inside
}

# again COMMAND...: over and over in the background, whatever becomes of it.
again()
{
	while [ -e "$work/storm" ]; do
		"$@"
	done > /dev/null 2>&1 &
	storms+=("$!")
}

rekey_left()
{
	local n=$((RANDOM % 50 + 10))

	espudp_sas "$left" left 4 $n ${suites[RANDOM % 3]}
	espudp_in "$left" sa del $((2 * (RANDOM % 50 + 10)))
	espudp_in "$left" sa del $((2 * (RANDOM % 50 + 10) + 1))
}

restore_left()
{
	espudp_link "$left" left
	espudp_peer "$left" left 4
	espudp_sas "$left" left 4 1 $suite
}

delete_and_restore()
{
	ip -n "$left" link del vpn0
	restore_left
	espudp_in "$left" transport add id 4 local 192.0.2.1 port $((4500 + RANDOM % 3)) replace
}

move_right()
{
	ip -n "$right" link set vpn0 netns "$inside"
	address_link "$inside" right
	ip -n "$inside" link set vpn0 netns "$right"
	address_link "$right" right
}

# A namespace with everything in it goes away, its link sometimes elsewhere.
namespace_goes()
{
	local ns=storm-$$-$RANDOM

	ip netns add "$ns" || return
	ip -n "$ns" link set lo up
	ip -n "$ns" link add vpn0 type espudp && ip -n "$ns" link set vpn0 up
	espudp_in "$ns" transport add id 4 local 127.0.0.1 port 4500
	espudp_in "$ns" peer add id 4 dev vpn0 transport 4 remote 127.0.0.1 port 4501
	espudp_in "$ns" child add id 4 peer 4 local 10.4.1.0/24 remote 10.4.2.0/24
	espudp_sas "$ns" left 4 1 $suite
	[ $((RANDOM % 3)) -ne 0 ] || ip -n "$ns" link set vpn0 name "vpn$((RANDOM % 100 + 1))" netns "$inside"
	ip netns del "$ns"
}

children_come_and_go()
{
	espudp_in "$left" child add id 5 peer 4 local 10.4.1.0/24 remote 10.99.0.0/24
	espudp_sas "$left" left 5 60 $suite
	espudp_in "$left" child del id 5
	espudp_in "$left" peer del id 4
	espudp_peer "$left" left 4
	espudp_sas "$left" left 4 1 $suite
}

watch_all()
{
	espudp_in "$left" show -j
	ip -n "$left" -s link show vpn0
}

reached() { [ $SECONDS -ge "$1" ]; }

# A request that is being carried out, as a dump is, holds the module for a moment.
remove_module()
{
	wait_for 30 timeout $patience rmmod espudp
}

storm()
{
	local end=$((SECONDS + seconds)) rounds=0

	touch "$work/storm"
	flood "$left" 10.4.2.1
	flood "$right" 10.4.1.1
	again in_ns "$left" "$bin/traffic" tcp 10.4.2.1 5000 10000000
	again rekey_left
	again delete_and_restore
	again move_right
	again namespace_goes
	again children_come_and_go
	again watch_all
	while [ $SECONDS -lt $end ]; do
		rounds=$((rounds + 1))
		wait_for 5 reached $((end - seconds + rounds * 4))
		remove_module || break
		espudp_link "$right" right
		espudp_peer "$right" right 4
		espudp_sas "$right" right 4 1 $suite
	done
	rm -f "$work/storm"
	unflood
	kill "${storms[@]}"
	wait "${storms[@]}"
	[ $SECONDS -ge $end ]
}

works_again()
{
	local ns

	remove_module
	for ns in "$left" "$right" "$inside" $(ip netns list | awk -v p="storm-$$-" 'index($1, p) == 1 { print $1 }'); do
		ip netns pids "$ns" | xargs -r kill -KILL
		ip netns del "$ns"
	done
	build && pings "$left" 10.4.2.1 10 && tcp "$left" 10.4.2.1 1000000
}

storms=()
check "a tunnel" build || exit
check "a storm of $seconds s" storm
check "a new tunnel works" works_again
check "the module is removed" timeout $patience rmmod espudp
