#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# espudp trace: what happens to packets, in words and in JSON, filtered; and nothing of it is left in tracefs.
#
# timeout: 120

. "$(dirname "$0")/lib.sh"

suite=aes-gcm-16-128
tracefs=/sys/kernel/tracing
tracer=

has() { grep -q -- "$2" "$work/$1"; }
instances() { find $tracefs/instances -maxdepth 1 -name 'espudp-trace-*' | wc -l; }
instances_are() { [ "$(instances)" -eq "$1" ]; }
tracing() { [ -e "$tracefs/instances/espudp-trace-$tracer" ] && [ "$(cat "$tracefs/instances/espudp-trace-$tracer/events/espudp/espudp_drop/enable")" != 0 ]; }

# trace_start WORD...: in the namespace of left, but with the tracefs of the machine.
trace_start()
{
	"$bin/enter" "$left" "$ESPUDP" trace "$@" > "$work/out" 2> "$work/err" &
	tracer=$!
	wait_for 20 tracing || { cat "$work/err"; return 1; }
}

trace_stop()
{
	kill -"${1:-TERM}" $tracer
	wait $tracer 2> /dev/null
	wait_for 10 instances_are 0
}

in_words()
{
	local rc

	both_sas 4 1 $suite || return
	trace_start
	pings "$left" 10.4.2.1 2 && wait_for 20 has out "received 10.4.2.1 -> 10.4.1.1, icmp, 84 bytes, as number 2 of sa $(sa_in 1) spi $(spi 1 right), from 192.0.2.2:4500" &&
	has out "Z vpn0 sent 10.4.1.1 -> 10.4.2.1, icmp, 84 bytes, as number 1 of sa $(sa_out 1) spi $(spi 1 left), to 192.0.2.2:4500"
	rc=$?
	cat "$work/out"
	trace_stop && [ $rc -eq 0 ]
}

stray()
{
	in_ns "$right" "$PYTHON" -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(bytes.fromhex("deadbeef") + bytes(60), ("192.0.2.1", 4500))'
}

drops()
{
	local rc

	trace_start -j
	stray && espudp_in "$left" sa del "$(sa_out 1)" && { in_ns "$left" ping -n -q -c 1 -W 1 10.4.2.1; true; } &&
	wait_for 20 has out '"event": "drop".*"spi": "0xdeadbeef".*"reason": "rx-unknown-spi".*"meaning": "no SA has this SPI' &&
	wait_for 20 has out '"event": "drop", "link": "vpn0".*"reason": "tx-no-sa"' &&
	wait_for 20 has out '"event": "sa_del"' && jq -e -s 'all(.[]; .time and .event)' "$work/out" > /dev/null
	rc=$?
	cat "$work/out"
	trace_stop HUP && [ $rc -eq 0 ] && in_man
}

# What is printed is what espudp-json(5) has.
in_man() { "$PYTHON" "$top/tools/docs-json.py" < "$work/out"; }

# Of all that happens only what is asked for; count ends it.
filtered()
{
	both_sas 4 2 $suite && both_sas 6 4 $suite || return
	trace_start reason rx-unknown-spi count 2
	stray && pings "$left" 10.4.2.1 1 && stray && wait $tracer || { cat "$work/out" "$work/err"; return 1; }
	wait_for 10 instances_are 0 && [ "$(wc -l < "$work/out")" -eq 2 ] && [ "$(grep -c rx-unknown-spi "$work/out")" -eq 2 ] || return
	trace_start link vpn0 peer 6 -j
	stray && pings "$left" 10.4.2.1 2 && pings "$left" 10.6.2.1 2 && wait_for 20 has out '"event": "rx".*"saddr": "10.6.2.1"'
	local rc=$?
	cat "$work/out"
	trace_stop && [ $rc -eq 0 ] && ! has out '10\.4\.2\.1' && ! has out drop || return
	trace_start link nosuch
	pings "$left" 10.4.2.1 2
	trace_stop INT && [ ! -s "$work/out" ]
}

# An SA that comes while we watch is found to be the peer's.
follows_new_sas()
{
	trace_start peer 4
	both_sas 4 3 $suite && pings "$left" 10.4.2.1 1 &&
	wait_for 20 has out "sa $(sa_out 3) spi $(spi 3 left), outbound, $suite: installed for child 4 of peer 4" &&
	wait_for 20 has out "sa $(sa_out 3) spi $(spi 3 left), outbound: child 4 sends with it from now on" &&
	wait_for 20 has out "of sa $(sa_in 3) spi"
	local rc=$?
	cat "$work/out"
	trace_stop && [ $rc -eq 0 ]
}

# What was killed leaves an instance, which the next one takes away.
after_a_kill()
{
	trace_start && kill -KILL $tracer && wait $tracer 2> /dev/null
	instances_are 1 || explain "nothing was left" || return
	trace_start && instances_are 1 && trace_stop
}

# Nobody reads any more.
reader_goes()
{
	"$bin/enter" "$left" "$ESPUDP" trace 2> "$work/err" | head -n 1 > "$work/out" &
	wait_for 20 instances_are 1 && wait_for 20 pings_until_gone
}

pings_until_gone() { in_ns "$left" ping -n -q -c 2 -i 0.01 -W 1 10.4.2.1 > /dev/null; instances_are 0; }

# refused WORDS -- WORD...: with status 2 and that text.
refused()
{
	local said=$1
	shift 2
	"$ESPUDP" trace "$@" > "$work/out" 2> "$work/err"
	equal $? 2 "status of trace $*" && has err "$said" || { cat "$work/err"; return 1; }
}

refusals()
{
	refused "did you mean 'rx-replay'" -- reason rx-repla && refused 'is no name of a link' -- link 'a"b' &&
	refused 'peer: ' -- peer 0 && refused 'count needs a value' -- count && refused "unknown word 'dev'" -- dev vpn0 || return
	chmod 711 "$work" && install -m 755 "$ESPUDP" "$work/espudp"
	setpriv --reuid 65534 --clear-groups "$work/espudp" trace 2> "$work/err"
	equal $? 1 "status as a user" && has err 'only root may trace' || return
	unshare --mount sh -c "mount -t tmpfs none /sys/kernel && exec $ESPUDP trace" 2> "$work/err"
	equal $? 1 "status without tracefs" && has err 'mount -t tracefs tracefs /sys/kernel/tracing' && instances_are 0
}

tunnel() { two_ends 4 6 && quiet "$left" && quiet "$right"; }

check "a tunnel over each family" tunnel || exit
[ -d $tracefs/instances ] || { skip "espudp trace" "the kernel has no tracing"; exit; }
check "packets, in words" in_words
check "drops with their reasons, in JSON" drops
check "filters" filtered
check "a peer's SAs that come later" follows_new_sas
check "what a killed one left" after_a_kill
check "a reader that goes away" reader_goes
check "what is refused" refusals
