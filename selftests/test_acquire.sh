#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Packets that want a child without an SA: they wait within bounds, are sent in their order when the SA comes, and are
# dropped when there is nobody to wait for, when their time is over or the child goes. The cases are in acquire.py.
#
# timeout: 300

. "$(dirname "$0")/lib.sh"

scene()
{
	setup_ns left right && quiet "$left" && join "$left" "$right" && neighbour_known "$left" "$right" &&
	espudp_link "$left" left && espudp_peer "$left" left 4
}

# Whoever pings while the SAs are made sees no loss. As IKE does it, who sends last is told last; what comes before is made
# before the ping, since packets wait for 10 s of real time, in which a slow machine does not do much.
first_ping()
{
	local status suite=aes-gcm-16-128

	espudp_link "$right" right && espudp_peer "$right" right 4 && espudp_sas "$right" right 4 1 $suite &&
	espudp_in "$left" sa add id "$(sa_in 1)" child 4 dir in spi "$(spi 1 right)" suite $suite \
		key "file:$(key_file $suite 1right)" && key_file $suite 1left && watch "$left" || return
	in_ns "$left" ping -n -q -c 3 -W $((8 * ${ESPUDP_SLOW:-1})) 10.4.2.1 > "$work/first" 2>&1 &
	local pid=$!
	wait_for 20 has_events 1 "$left" event=child_acquire id=4 || return
	espudp_in "$left" sa add id "$(sa_out 1)" child 4 dir out spi "$(spi 1 left)" suite $suite \
		key "file:$(key_file $suite 1left)" current
	wait $pid
	status=$?
	cat "$work/first"
	[ $status -eq 0 ] && grep -q ' 0% packet loss' "$work/first"
}

# removed COMMAND...: with packets that wait.
removed()
{
	espudp_in "$left" sa del "$(sa_out 1)" && watch "$left" || return
	# As long as it takes: what has waited too long makes room for others.
	"$bin/enter" "$left" ping -n -q -i 0.2 -W 1 10.4.2.1 > /dev/null &
	local pid=$! status

	wait_for 20 field_at_least "$left" child 4 waiting 5 && "$@"
	status=$?
	kill -KILL $pid
	wait $pid
	return $status
}

# The transport has outlived the link.
again()
{
	espudp_in "$left" transport del 4 && espudp_link "$left" left && espudp_peer "$left" left 4 &&
	espudp_sas "$left" left 4 1 aes-gcm-16-128
}

check "a link" scene || exit
absorb "$PYTHON" -B "$here/acquire.py" "$left" "$right"
check "the first ping is answered" first_ping
check "the link is deleted while packets wait" removed ip -n "$left" link del vpn0
check "a link again" again
check "the module is removed while packets wait" removed timeout 30 rmmod espudp
