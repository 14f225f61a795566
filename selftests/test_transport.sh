#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Transports: several in a namespace; sockets that change hands under a flood of packets, of which none may be lost; what
# becomes of a socket whose owner dies.
#
# timeout: 600

. "$(dirname "$0")/lib.sh"

rate=10000
suite=aes-gcm-16-128

build()
{
	two_ends 4 6 && quiet "$left" && quiet "$right" && both_sas 4 1 $suite && both_sas 6 2 $suite
}

# hold [F]: a process that takes the transport F of right over; its number is in holder.
hold()
{
	local f=${1:-4}

	: > "$work/holder"
	"$PYTHON" -B "$here/holder.py" "$right" "$f" "$(outer_address right "$f")" 4500 > "$work/holder" 2>&1 &
	holder=$!
	wait_for 20 sh -c "grep -q ready '$work/holder' || ! kill -0 $holder"
	grep -q ready "$work/holder" || explain "$(cat "$work/holder")"
}

# The transports of lib.sh are without an owner from the beginning.
die()
{
	kill -KILL "$holder" || return
	wait "$holder" 2> /dev/null
	return 0
}

received() { field "$right" sa "$(sa_in "$1")" packets; }
received_is() { [ "$(received "$1")" = "$2" ]; }

# burst F NUMBER COUNT COMMAND...: run it again and again while COUNT packets come, all of which must arrive.
burst()
{
	local before pid rounds=0 f=$1 number=$2 count=$3

	shift 3
	before=$(received "$number")
	in_ns "$left" "$bin/traffic" burst "$(inner_address right "$f" 4)" 9 "$count" $rate > "$work/rate" &
	pid=$!
	while kill -0 $pid 2> /dev/null; do
		"$@" || break
		rounds=$((rounds + 1))
	done
	wait $pid || explain "the sender failed" || return
	wait_for 10 received_is "$number" $((before + count))
	echo "$rounds rounds, $(cat "$work/rate") packets a second"
	echo "# $rounds rounds, $(cat "$work/rate") packets a second" >&3
	equal "$(received "$number")" $((before + count)) "packets" && [ $rounds -ge 2 ] || explain "$rounds rounds"
}

succeed() { die && hold "$1"; }

succession()
{
	hold "$1" && burst "$1" "$2" 60000 succeed "$1"
	local status=$?
	die
	return $status
}

# IKE messages go to whoever owns the socket; without an owner they are thrown away, and counted all the same.
ike()
{
	in_ns "$left" "$PYTHON" -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(bytes(4) + b'x' * $1, ('192.0.2.2', 4500))"
}

passed_is() { field_is "$right" transport 4 passed "$1"; }

messages()
{
	local before

	before=$(field "$right" transport 4 passed)
	hold && ike 20 && wait_for 10 grep -qx 24 "$work/holder" && die && ike 30 &&
	wait_for 10 passed_is $((before + 2)) && hold && ike 40 && wait_for 10 grep -qx 44 "$work/holder" &&
	equal "$(grep -c . "$work/holder")" 2 "lines: $(cat "$work/holder")"
	local status=$?
	die
	return $status
}

# A second transport of the same namespace, on another port, with a peer of its own.
several()
{
	local side ns far

	for side in left right; do
		ns=${!side}
		far=$(other_side $side)
		espudp_in "$ns" transport add id 44 local "$(outer_address $side 4)" port 4511 &&
		espudp_in "$ns" peer add id 44 dev vpn0 transport 44 remote "$(outer_address "$far" 4):4511" &&
		espudp_in "$ns" child add id 44 peer 44 local "10.44.$(side_number $side).0/24" \
			remote "10.44.$(side_number "$far").0/24" &&
		ip -n "$ns" addr add "10.44.$(side_number $side).1/32" dev vpn0 &&
		ip -n "$ns" route add "10.44.$(side_number "$far").0/24" dev vpn0 src "10.44.$(side_number $side).1" || return
	done
	both_sas 44 44 $suite && pings "$left" 10.44.2.1 10 && pings "$right" 10.44.1.1 10 &&
	pings "$left" 10.4.2.1 10 &&
	equal "$(field "$right" sa "$(sa_in 44)" packets)" 20 "packets by the second" || return
	# What comes by the wrong one is not refused: the SPI is the namespace's. It goes when its peers have.
	fails espudp_in "$left" transport del 44 && espudp_in "$left" peer del 44 && espudp_in "$left" transport del 44 &&
	pings "$left" 10.4.2.1 3
}

# The process keeps an ordinary socket.
module_removed()
{
	hold && rmmod espudp && kill -0 "$holder" && ike 50 && wait_for 10 grep -qx 54 "$work/holder" && die
}

gone_from() { ! ip -n "$1" link show wire0; }

namespace_deleted()
{
	local ns

	for ns in "$left" "$right"; do
		ip netns pids "$ns" | xargs -r kill -KILL
		ip netns del "$ns"
	done
	build && hold && flood "$left" 10.4.2.1 && die && hold || return
	ip netns pids "$right" | xargs -r kill -KILL
	ip netns del "$right" || return
	# The holder's socket is the last that keeps it.
	die
	wait_for 20 gone_from "$left"
	local status=$?
	unflood
	return $status
}

exec 3>&1
check "two hosts" build || exit
check "IKE messages go to who has the socket, ESP is carried on with" messages
for outer in 4 6; do
	check "killed and succeeded under a flood, none of 60000 packets lost: outer v$outer" succession $outer $((outer / 2 - 1))
done
check "several transports" several
check "the module goes while a process has the socket" module_removed
check "the namespace goes while a process has the socket" namespace_deleted
