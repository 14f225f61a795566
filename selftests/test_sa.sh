#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Life of security associations and peers: rekeying without loss, limits and their events, the end of the sequence numbers,
# endpoints that move, keepalives, silence.
#
# timeout: 600

. "$(dirname "$0")/lib.sh"

there=10.4.2.1
here=10.4.1.1
number=0
suite=aes-gcm-16-128
slow=${ESPUDP_SLOW:-1}

# new_sas [KEY VALUE]...: another pair on both sides; the arguments are of the left one.
new_sas()
{
	number=$((number + 1))
	espudp_sas "$right" right 4 $number $suite && espudp_sas "$left" left 4 $number $suite "$@"
}

left_out() { sa_out "$number"; }
left_in() { sa_in "$number"; }

# ---- switching

# idle_for NAMESPACE SA MILLISECONDS: nothing came under it for so long.
idle_for()
{
	field "$1" sa "$2" idle | awk -v wanted="$3" '{ long = $1 * 1000 >= wanted } END { exit !long }'
}

# One rekeying as IKE does it: receive on both sides, then send, then forget.
rekey_once()
{
	local old=$number ns

	number=$((number + 1))
	for ns in left right; do
		add_sa "${!ns}" $ns in $number && add_sa "${!ns}" $ns out $number || return
	done
	for ns in "$left" "$right"; do
		espudp_in "$ns" sa switch "$(sa_out $number)" && espudp_in "$ns" sa del "$(sa_out "$old")" || return
	done
	for ns in "$left" "$right"; do
		wait_for 10 idle_for "$ns" "$(sa_in "$old")" 200 && espudp_in "$ns" sa del "$(sa_in "$old")" || return
	done
}

# add_sa NAMESPACE SIDE DIRECTION NUMBER: not in use yet.
add_sa()
{
	local sender=$2 id

	id=$(sa_out "$4")
	[ "$3" = out ] || sender=$(other_side "$2")
	[ "$3" = out ] || id=$(sa_in "$4")
	espudp_in "$1" sa add id "$id" child 4 dir "$3" spi "$(spi "$4" "$sender")" suite $suite \
		key "file:$(key_file $suite "$4$sender")"
}

rekey_under_load()
{
	local i

	new_sas || return
	flood "$left" $there
	flood "$right" $here
	wait_for 10 field_at_least "$left" sa "$(left_out)" packets 20 || return
	for i in 1 2 3 4 5; do
		rekey_once || return
	done
	wait_for 10 field_at_least "$left" sa "$(left_out)" packets 20 || return
	lossless
}

two_inbound()
{
	local old=$number before

	new_sas || return
	pings "$left" $there 5 && espudp_in "$left" sa switch "$(sa_out "$old")" || return
	before=$(field "$right" sa "$(sa_in "$old")" packets)
	pings "$left" $there 5 &&
	equal "$(field "$right" sa "$(sa_in "$old")" packets)" $((before + 5)) "packets under the old SA" &&
	equal "$(field "$right" sa "$(sa_in "$number")" packets)" 5 "packets under the new SA" &&
	equal "$(field "$left" child 4 sa_id)" "$(sa_out "$old")" "SA in use"
}

# Whoever listens may bring an SA, so packets wait for it (test_acquire.sh has more).
current_deleted()
{
	local drops

	unwatch
	drops=$(dropped "$left" link vpn0 tx-no-sa)
	espudp_in "$left" sa del "$(field "$left" child 4 sa_id)" || return
	equal "$(field "$left" child 4 sa_id)" "" "SA in use" || return
	in_ns "$left" ping -n -q -c 3 -i 0.01 -W 1 $there
	equal "$(dropped "$left" link vpn0 tx-no-sa)" $((drops + 3)) "tx-no-sa" || return
	watch "$left" || return
	in_ns "$left" ping -n -q -c 3 -i 0.01 -W 1 $there
	equal "$(dropped "$left" link vpn0 tx-no-sa)" $((drops + 3)) "tx-no-sa" &&
	equal "$(field "$left" child 4 waiting)" 3 "packets that wait" || return
	settle "$left" || return
	equal "$(events "$left" event=child_acquire id=4 "packet_destination=$there")" 1 "events for that packet" &&
	equal "$(events "$left" event=child_acquire)" 1 "acquire events for 3 packets at once" &&
	new_sas && pings "$left" $there 3 && equal "$(field "$left" child 4 waiting)" "" "packets that wait"
}

# ---- limits

# none_waits: what waited for an SA is sent, and does not count against the limits of the next ones.
none_waits() { new_sas && pings "$left" $there 1; }

# limited_outbound CAUSE PASS [KEY VALUE]...: SAs with limits on the left; of 20 pings PASS (N or N-M) go out before the end;
# one soft and one hard event, and one that the SA is gone.
limited_outbound()
{
	local cause=$1 pass=$2 id passed

	shift 2
	none_waits && watch "$left" || return
	new_sas "$@" || return
	id=$(left_out)
	in_ns "$left" ping -n -q -c 20 -i 0.01 -W 1 $there
	passed=$(field "$right" sa "$(sa_in "$number")" packets)
	[ "$passed" -ge "${pass%-*}" ] && [ "$passed" -le "${pass#*-}" ] ||
		explain "$passed packets passed, expected $pass" || return
	ended_once "$id" "$cause"
}

# ended_once SA CAUSE: one soft event, one hard event, one deletion.
ended_once()
{
	wait_for 20 has_events 1 "$left" event=sa_del "id=$1" || explain "no deletion" || return
	settle "$left" || return
	cat "$work/events-$left"
	equal "$(events "$left" event=sa_expire "id=$1" "cause=$2" hard=true)" 1 "hard events" &&
	equal "$(events "$left" event=sa_expire "id=$1" "cause=$2")" 2 "events of that cause" &&
	equal "$(events "$left" event=sa_expire "id=$1")" 2 "events" &&
	equal "$(events "$left" event=sa_del "id=$1" reason=expired)" 1 "deletions" || return
	[[ " $(ids "$left" sa) " != *" $1 "* ]] || explain "SA $1 is still there"
}

limited_inbound()
{
	local cause=$1 pass=$2 id before

	shift 2
	none_waits && watch "$left" || return
	new_sas "$@" || return
	id=$(left_in)
	before=$(field "$left" peer 4 packets)
	in_ns "$right" ping -n -q -c 20 -i 0.01 -W 1 $here
	before=$(($(field "$left" peer 4 packets) - before))
	[ "$before" -ge "${pass%-*}" ] && [ "$before" -le "${pass#*-}" ] ||
		explain "$before packets were accepted, expected $pass" || return
	ended_once "$id" "$cause"
}

limited_by_time()
{
	none_waits && watch "$left" || return
	new_sas out:soft-time "$slow" out:hard-time $((2 * slow)) || return
	pings "$left" $there 3 || return
	wait_for 10 has_events 1 "$left" event=sa_del "id=$(left_out)" || return
	ended_once "$(left_out)" time
}

# on_cpu N ADDRESS COUNT: pings as fast as they come back, from one processor.
on_cpu() { in_ns "$left" taskset -c "$1" ping -n -q -f -W 1 -c "$3" "$2" > /dev/null; }

# All processors at once: the limit is met, but for a packet that each other one may have under way.
limited_on_all()
{
	local limit=$1 cpus cpu passed pids=()

	cpus=$(nproc)
	none_waits && watch "$left" || return
	new_sas out:soft-packets $((limit / 2)) out:hard-packets "$limit" || return
	for ((cpu = 0; cpu < cpus; cpu++)); do
		on_cpu $cpu $there "$limit" &
		pids+=($!)
	done
	wait_for 60 has_events 1 "$left" event=sa_del "id=$(left_out)" || return
	# They wait for answers that will not come.
	kill "${pids[@]}" 2> /dev/null
	ip netns pids "$left" | xargs -r ps -o pid=,comm= -p | awk '$2 == "ping" { print $1 }' | xargs -r kill
	wait "${pids[@]}" 2> /dev/null
	passed=$(field "$right" sa "$(sa_in "$number")" packets)
	[ "$passed" -ge "$limit" ] && [ "$passed" -lt $((limit + cpus)) ] ||
		explain "$passed packets passed, expected $limit to $((limit + cpus - 1))" || return
	ended_once "$(left_out)" packets
}

# What is set later counts as well, and 0 takes a limit away.
limits_changed()
{
	none_waits && watch "$left" || return
	new_sas out:hard-packets 5 || return
	espudp_in "$left" sa set id "$(left_out)" hard-packets 0 soft-packets 3 &&
	pings "$left" $there 10 && espudp_in "$left" sa set id "$(left_out)" soft-packets 12 &&
	pings "$left" $there 5 || return
	wait_for 20 has_events 2 "$left" event=sa_expire "id=$(left_out)" cause=packets && settle "$left" || return
	equal "$(events "$left" event=sa_expire)" 2 "events" &&
	equal "$(events "$left" event=sa_expire hard=true)" 0 "hard events"
}

# Twenty numbers from 2^32 - 5 on.
crossing()
{
	local last=$(((1 << 32) - 6))

	number=$((number + 1))
	espudp_sas "$right" right 4 $number $suite esn sequence $last &&
	espudp_sas "$left" left 4 $number $suite esn sequence $last &&
	pings "$left" $there 20 && equal "$(field "$right" sa "$(sa_in $number)" sequence)" $((last + 20)) "received"
}

# numbers_end LAST [esn]: the five numbers behind LAST are used, and none after them.
numbers_end()
{
	local last=$1

	shift
	none_waits && watch "$left" || return
	number=$((number + 1))
	espudp_sas "$right" right 4 $number $suite "$@" in:sequence "$last" &&
	espudp_sas "$left" left 4 $number $suite "$@" out:sequence "$last" || return
	in_ns "$left" ping -n -q -c 8 -i 0.01 -W 1 $there
	equal "$(field "$right" sa "$(sa_in $number)" packets)" 5 "packets that passed" || return
	ended_once "$(left_out)" sequence
}

soft_sequence()
{
	none_waits && watch "$left" || return
	new_sas out:soft-sequence 5 && pings "$left" $there 10 || return
	wait_for 20 has_events 1 "$left" event=sa_expire "id=$(left_out)" cause=sequence && settle "$left" || return
	equal "$(events "$left" event=sa_expire)" 1 "events"
}

# ---- endpoints

# right_port PORT: the right side's socket gives way to one of another port, as behind a NAT that forgot.
right_port()
{
	espudp_in "$right" transport add id 4 local "$(outer_address right 4)" port "$1" replace
}

endpoint_fixed()
{
	local before

	watch "$left" || return
	espudp_in "$left" peer set id 4 endpoint-policy fixed && right_port 4501 || return
	before=$(field "$left" sa "$(left_in)" packets)
	in_ns "$right" ping -n -q -c 3 -i 0.01 -W 1 $here
	settle "$left" &&
	equal "$(field "$left" sa "$(left_in)" packets)" $((before + 3)) "packets that were accepted" &&
	equal "$(field "$left" peer 4 remote_port)" 4500 "port" &&
	equal "$(events "$left" event=peer_endpoint)" 0 "events"
}

endpoint_notify()
{
	watch "$left" || return
	espudp_in "$left" peer set id 4 endpoint-policy notify || return
	in_ns "$right" ping -n -q -c 3 -i 0.01 -W 1 $here
	settle "$left" || return
	equal "$(events "$left" event=peer_endpoint remote_port=4501)" 1 "events of the new port" &&
	equal "$(events "$left" event=peer_endpoint)" 1 "events for 3 packets at once" &&
	equal "$(field "$left" peer 4 remote_port)" 4500 "port" &&
	espudp_in "$left" peer set id 4 port 4501 remote "$(outer_address right 4)" && pings "$left" $there 3
}

endpoint_learn()
{
	watch "$left" || return
	espudp_in "$left" peer set id 4 endpoint-policy learn && right_port 4502 || return
	pings "$right" $here 5 && pings "$left" $there 3 &&
	equal "$(field "$left" peer 4 remote_port)" 4502 "port" &&
	settle "$left" && equal "$(events "$left" event=peer_endpoint remote_port=4502)" 1 "events of the new port" &&
	equal "$(events "$left" event=peer_endpoint)" 1 "events"
}

# A transport gives way under load: the peer follows, nothing is lost.
# By a socket of another port: an answer on its way to the old one while that is given up finds nobody, which is one packet
# at most unless the other end is slow. By a socket of the same port nothing is lost at all: test_transport.sh.
replaced_under_load()
{
	flood "$right" $here
	wait_for 10 field_at_least "$right" sa "$(sa_out $number)" packets 20 || return
	right_port 4503 || return
	wait_for 10 field_is "$left" peer 4 remote_port 4503 || return
	pings "$left" $there 5 || return
	lossless $((slow > 1 ? 2 : 1)) && right_port 4500 && pings "$right" $here 3
}

# ---- silence

keepalives()
{
	local before

	espudp_in "$left" peer set id 4 keepalive 1 || return
	pings "$left" $there 20 -i 0.1 || return
	before=$(field "$right" transport 4 keepalives)
	wait_for 10 field_at_least "$right" transport 4 keepalives $((before + 2)) || return
	espudp_in "$left" peer set id 4 keepalive 0 || return
	equal "$(dropped "$right" transport 4 rx-truncated)" 0 "keepalives taken for ESP"
}

# No keepalives while packets go out anyway: counted twice, twice the interval apart, while pings go on. Where these end too early
# because all is slow, there are more of them.
no_needless_keepalives()
{
	local before after pinger count going=1

	espudp_in "$left" peer set id 4 keepalive 2 && pings "$left" $there 1 || return
	for count in 80 400; do
		pings "$left" $there $count -i 0.1 & pinger=$!
		before=$(field "$right" transport 4 keepalives) && sleep 4 && after=$(field "$right" transport 4 keepalives)
		! kill -0 $pinger || going=0
		wait $pinger
		[ $going = 1 ] || break
	done
	[ $going = 0 ] || explain "pings ended too early" || return
	equal "$after" "$before" "keepalives" &&
	espudp_in "$left" peer set id 4 keepalive 0
}

silent_for()
{
	field "$left" peer 4 rx_age | awk -v wanted="$1" '{ long = $1 >= wanted } END { exit !long }'
}

idle_once()
{
	watch "$left" || return
	pings "$left" $there 1 && espudp_in "$left" peer set id 4 idle 1 || return
	wait_for 10 has_events 1 "$left" event=peer_idle id=4 && wait_for 10 silent_for 3.5 && settle "$left" || return
	equal "$(events "$left" event=peer_idle)" 1 "events of one silence" || return
	pings "$left" $there 1 && wait_for 10 has_events 2 "$left" event=peer_idle id=4 || return
	espudp_in "$left" peer set id 4 idle 0
}

# ---- SPIs

reserved_spis()
{
	local spi

	spi=$(espudp_in "$left" spi alloc first 0x5000 last 0x5003) || return
	[[ $spi =~ ^0x0*500[0-3]$ ]] || explain "got $spi" || return
	espudp_in "$left" sa add id 900 child 4 dir in spi "$spi" suite $suite key "file:$(key_file $suite 900)" &&
	espudp_in "$left" sa del 900 && spi=$(espudp_in "$left" spi alloc) && espudp_in "$left" spi free "$spi" &&
	fails espudp_in "$left" spi free "$spi"
}

# A reservation that is not used ends by itself.
reservation_ends()
{
	espudp_in "$left" spi alloc first 0x6000 last 0x6000 lifetime "$slow" &&
	fails espudp_in "$left" spi alloc first 0x6000 last 0x6000 &&
	wait_for 10 espudp_in "$left" spi alloc first 0x6000 last 0x6000
}

# ---- another peer: what a helper does that takes over what an earlier one has left

handed_over()
{
	local sent

	flood "$left" $there || return
	espudp_in "$left" peer add id 8 dev vpn0 transport 4 remote 192.0.2.2 port 4500 || return
	sent=$(field "$left" peer 8 packets)
	espudp_in "$left" child set id 4 peer 8 && espudp_in "$left" peer del id 4 &&
	equal "$(field "$left" child 4 peer_id)" 8 "peer of the child" &&
	wait_for 10 field_at_least "$left" peer 8 packets $((${sent:-0} + 20)) && lossless || return
	# And back, for whatever comes next.
	espudp_in "$left" peer add id 4 dev vpn0 transport 4 remote 192.0.2.2 port 4500 &&
	espudp_in "$left" child set id 4 peer 4 && espudp_in "$left" peer del id 8 && pings "$left" $there 3
}

check "a tunnel" two_ends 4 || exit
check "five rekeyings under load lose nothing" rekey_under_load
check "old and new inbound SAs both receive; switching back" two_inbound
check "the SA in use deleted: tx-no-sa and one acquire event" current_deleted
check "outbound, packets: ten pass, one soft and one hard event" \
	limited_outbound packets 10 out:soft-packets 5 out:hard-packets 10
check "outbound, bytes" limited_outbound bytes 11-12 out:soft-bytes 500 out:hard-bytes 1000
check "inbound, packets" limited_inbound packets 10 in:soft-packets 5 in:hard-packets 10
check "inbound, bytes" limited_inbound bytes 11-12 in:soft-bytes 500 in:hard-bytes 1000
check "3000 packets from all processors" limited_on_all 3000
new_sas
check "time" limited_by_time
check "limits set and taken away later" limits_changed
check "ESN across 2^32" crossing
check "32-bit numbers end at 2^32 - 1" numbers_end $(((1 << 32) - 6))
check "ESN ends at 2^64 - 1" numbers_end 18446744073709551610 esn
check "a soft limit on sequence numbers" soft_sequence
new_sas
check "endpoint moved, policy fixed: accepted, not followed, not told" endpoint_fixed
check "endpoint moved, policy notify: told once, not followed" endpoint_notify
check "endpoint moved, policy learn: told once and followed" endpoint_learn
check "a transport replaced under load loses nothing" replaced_under_load
check "a child goes to another peer under load and loses nothing" handed_over
check "keepalives when nothing is sent" keepalives
check "no keepalives when something is sent" no_needless_keepalives
check "a silent peer is told once" idle_once
check "SPIs reserved, used and given up" reserved_spis
check "a reservation ends" reservation_ends
