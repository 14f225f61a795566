#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One busy SA on several CPUs (link set parallel on): counters that tell that it is so, the order in both directions, with
# transforms that take their time as well, under load, while a CPU is kept from its work, comes and goes, while the setting
# changes, and while what is under way is removed. The cases with packets made by hand are those of crypto.py.
#
# PARALLEL_PACKETS: packets that are received under load, in each of its cases (default 20000)
# PARALLEL_LONG: the same of one case that may go on for long
#
# timeout: 7200

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/removal.sh"

suite=aes-gcm-16-128
packets=${PARALLEL_PACKETS:-20000}
long=${PARALLEL_LONG:-$packets}
cpu1=/sys/devices/system/cpu/cpu1/online

# both SETTING VALUE: on both links.
both() { espudp_in "$left" link set vpn0 "$1" "$2" && espudp_in "$right" link set vpn0 "$1" "$2"; }

counter() { in_ns "$1" ethtool -S vpn0 | sed -n "s/^ *$2: //p"; }

# handed_out NAMESPACE: packets and superpackets.
handed_out() { echo $(($(counter "$1" tx-parallel) + $(counter "$1" rx-parallel))); }

shown()
{
	equal "$(field "$left" link vpn0 parallel)" on && espudp_in "$left" link show vpn0 | grep -q ' parallel on' &&
	espudp_in "$left" link set vpn0 parallel off && equal "$(field "$left" link vpn0 parallel)" off &&
	fails espudp_in "$left" link set vpn0 parallel perhaps && espudp_in "$left" link set vpn0 parallel on
}

# more_handed_out END/DIRECTION... -- COMMAND...: the command has each of these ends hand out in that direction.
more_handed_out()
{
	local wanted=() one i before=()

	while [ "$1" != -- ]; do
		one=${1%/*}
		wanted+=("${!one} ${1#*/}-parallel")
		# shellcheck disable=SC2086 # a namespace and a counter
		before+=("$(counter ${wanted[-1]})")
		shift
	done
	shift
	"$@" || return
	for i in "${!wanted[@]}"; do
		# shellcheck disable=SC2086
		[ "$(counter ${wanted[i]})" -gt "${before[i]}" ] || explain "none by ${wanted[i]}" || return
	done
}

none_handed_out()
{
	local before

	before="$(handed_out "$left") $(handed_out "$right")"
	"$@" && equal "$(handed_out "$left") $(handed_out "$right")" "$before" "handed out"
}

streams()
{
	pings "$left" $there 20 && udp "$left" $there 20 1300 && udp "$right" $here_address 10 8 24 &&
	tcp "$left" $there 3000000 && tcp "$right" $here_address 1000000
}

# drops NAMESPACE: each reason, and how many.
drops() { espudp_in "$1" link show vpn0 -j | sed -n 's/^ *"\([rt]x-[^"]*\)": *\([0-9]*\).*/\1 \2/p' | xargs; }

nothing_dropped() { equal "$(drops "$left")" "$1" left && equal "$(drops "$right")" "" right; }

# numbered SIZE SEGMENTS [COMMAND...]: a flood, and meanwhile the command again and again; none that arrives is late, unless
# CPUs change places meanwhile: then what waits behind the link on one of them may be overtaken. One that does not get its
# turn is replaced, and whether an emulated one does is its host's business: so a few may be.
few=$((packets / 100))
late=$few
numbered()
{
	local size=$1 segments=$2 receiver status
	shift 2

	"$bin/enter" "$right" "$bin/traffic" count 5001 "$packets" "$late" > "$work/counted" 2>&1 &
	receiver=$!
	wait_for 10 listens || return
	"$bin/enter" "$left" "$bin/traffic" number $there 5001 "$size" "$segments" > "$work/numbered" 2>&1 &
	loads+=("$!")
	while [ $# -gt 0 ] && kill -0 $receiver 2> /dev/null; do
		"$@" || break
	done
	wait $receiver
	status=$?
	unflood
	cat "$work/counted" "$work/numbered"
	return $status
}

listens() { in_ns "$right" ss -Huln 'sport = 5001' | grep -q .; }

# hog CPU [SECONDS]: what runs there before all else, for a moment: the worker does not get its turn.
hog()
{
	"$PYTHON" -B - "$1" "${2:-0.1}" <<-'END'
	import os, sys, time
	os.sched_setaffinity(0, {int(sys.argv[1])})
	os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
	end = time.monotonic() + float(sys.argv[2])
	while time.monotonic() < end:
	    pass
	END
}

hog_all() { hog 0 && hog 1; }

# A few packets go on although the other CPU is taken for longer than they need: each next one finds out.
few_packets()
{
	local slow=${ESPUDP_SLOW:-1} throttle=/proc/sys/kernel/sched_rt_runtime_us were hogging status

	were=$(cat $throttle)
	echo -1 > $throttle || return
	hog 1 $((4 * slow)) &
	hogging=$!
	sleep 0.5
	in_ns "$left" taskset -c 0 ping -n -q -c 20 -i 0.05 -W 10 $there > "$work/few"
	status=$?
	wait $hogging
	echo "$were" > $throttle
	cat "$work/few"
	[ $status -eq 0 ] && awk -F/ -v most=$((1500 * slow)) '/^rtt/ { found = $6 < most } END { exit !found }' "$work/few"
}

many_numbered()
{
	local packets=$long late=$((long / 100))

	numbered 100 20 hog_all
}

setting=0
switch()
{
	setting=$((1 - setting))
	if [ $setting = 1 ]; then both parallel off; else both parallel on; fi && sleep 0.1
}

switch_batch()
{
	setting=$((1 - setting))
	if [ $setting = 1 ]; then both batch off; else both batch on; fi && sleep 0.1
}

replug() { echo 0 > $cpu1 && sleep 0.1 && echo 1 > $cpu1 && sleep 0.1; }

one_cpu()
{
	local status

	echo 0 > $cpu1 || return
	none_handed_out streams
	status=$?
	echo 1 > $cpu1
	return $status
}

# removed_under_load WHAT: while packets are under way, of streams and of a flood.
removed_under_load()
{
	both_sas 4 1 $suite && both parallel on || return
	"$bin/enter" "$left" "$bin/traffic" number $there 5001 1200 1 > /dev/null 2>&1 &
	loads+=("$!")
	removed_while_busy "$1"
}

# asynchronous: a driver that takes its time, if there is one.
asynchronous()
{
	local driver

	espudp_in "$left" sa add id 9000 child 4 dir in spi 0x9000 suite $suite key "file:$(key_file $suite 1)" || return
	best=$(field "$left" sa 9000 driver)
	espudp_in "$left" sa del 9000
	for driver in "$best" 'rfc4106(gcm_base(ctr(aes-generic),ghash-generic))'; do
		espudp_in "$left" sa add id 9000 child 4 dir in spi 0x9000 suite $suite key "file:$(key_file $suite 1)" \
			driver "cryptd($driver)" > "$work/wrapping" 2>&1 || continue
		espudp_in "$left" sa del 9000
		wrapped=$driver
		return
	done
	true
}

# The self-tests of 6.1 refuse cryptd, which leaves its marks in a request, and say so with a warning.
notests=/sys/module/cryptomgr/parameters/notests
if [ -w $notests ]; then
	tests_were=$(cat $notests)
	echo Y > $notests
	trap 'status=$?; echo "$tests_were" > $notests; (exit $status); finish' EXIT
fi

[ "$(nproc)" -gt 1 ] || skip_all "one processor"
modprobe espudp
check "a link" near_end || exit
check "on" espudp_in "$left" link set vpn0 parallel on
check "the setting is shown" shown
best=""
wrapped=""
check "drivers" asynchronous
absorb "$PYTHON" -B "$here/crypto.py" "$left" "$right" "${wrapped:-$best}" ${wrapped:+cryptd}
check "it was handed out" test "$(handed_out "$left")" -gt 600
check "another end" far_end || exit
known=$(drops "$left")
check "SAs" both_sas 4 1 $suite
check "off on the far end" none_handed_out true
check "on for both" both parallel on
for batch in on off; do
	check "batch $batch" both batch $batch
	check "ping, UDP, TCP: batch $batch" more_handed_out left/tx left/rx right/tx right/rx -- streams
done
check "off" both parallel off
check "ping, UDP, TCP: off" none_handed_out streams
check "on again, and batches" both parallel on
both batch on
check "nothing was dropped" nothing_dropped "$known"
check "numbered packets" more_handed_out left/tx right/rx -- numbered 1200 1
check "numbered superpackets" more_handed_out left/tx right/rx -- numbered 1200 20
check "a CPU is kept from its work: a few packets" few_packets
check "a CPU is kept from its work: packets" numbered 1200 1 hog_all
check "a CPU is kept from its work: superpackets" numbered 1200 20 hog_all
check "a CPU is kept from its work: small ones, $long packets" many_numbered
late=$packets
check "the setting is switched" numbered 1200 20 switch
check "so are batches" numbered 1200 20 switch_batch
late=$few
both parallel on
both batch on
if [ -n "$wrapped" ]; then
	check "SAs that take their time" both_sas 4 2 $suite driver "cryptd($wrapped)"
	check "ping, UDP, TCP: cryptd" more_handed_out left/tx left/rx right/tx right/rx -- streams
	check "numbered packets: cryptd" numbered 1200 1
else
	skip "transforms that take their time" "cryptd takes no driver of this kernel: $(tail -n 1 "$work/wrapping")"
fi
check "SAs of the usual driver" both_sas 4 3 chacha20-poly1305
late=$packets
if [ -w $cpu1 ]; then
	check "a CPU comes and goes" numbered 1200 20 replug
	check "one CPU: nothing is handed out" one_cpu
else
	skip "CPUs that come and go" "this machine has none"
fi
for what in sas links module namespace; do
	check "a tunnel" rebuild
	check "removed while packets are under way: $what" removed_under_load $what
done
check "a tunnel" rebuild
check "no reference is left" timeout 30 rmmod espudp
