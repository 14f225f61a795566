# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # lib.sh has the rest
#
# Two ends with one tunnel, bulk traffic in both directions, and what goes away meanwhile: for tests of packets that are under
# way for long. To be sourced behind lib.sh.

there=10.4.2.1
here_address=10.4.1.1

near_end()
{
	setup_ns left right && quiet "$left" && join "$left" "$right" && neighbour_known "$left" "$right" &&
	espudp_link "$left" left && espudp_peer "$left" left 4
}

far_end()
{
	espudp_link "$right" right && espudp_peer "$right" right 4 && traffic_server "$left" && traffic_server "$right"
}

# busy: streams in both directions, for as long as it lasts.
busy()
{
	local ns

	for ns in left right; do
		(while in_ns "${!ns}" "$bin/traffic" tcp "$([ $ns = left ] && echo $there || echo $here_address)" 5000 100000000; do
			:; done) > /dev/null 2>&1 &
		loads+=("$!")
	done
	wait_for 10 field_at_least "$left" sa "$(sa_out 1)" packets 100
}

idle_again()
{
	local ns

	[ ${#loads[@]} -eq 0 ] || kill "${loads[@]}" 2> /dev/null
	wait "${loads[@]}" 2> /dev/null
	loads=()
	for ns in "$left" "$right"; do
		ip netns pids "$ns" | xargs -r kill -KILL 2> /dev/null
	done
	true
}

# removed_while_busy WHAT: one of what follows.
removed_while_busy()
{
	local status

	busy || return
	"remove_$1"
	status=$?
	idle_again
	return $status
}

remove_sas()
{
	espudp_in "$left" sa del "$(sa_out 1)" && espudp_in "$left" sa del "$(sa_in 1)" && espudp_in "$right" child del 4
}

remove_links() { ip -n "$left" link del vpn0 && ip -n "$right" link del vpn0; }
remove_module() { timeout 30 rmmod espudp; }

remove_namespace()
{
	ip netns pids "$right" | xargs -r kill -KILL
	ip netns del "$right" && wait_for 20 no_wire
}

# A namespace that is gone takes its end of the wire with it.
no_wire() { ! ip -n "$left" link show wire0; }

# rebuild: both ends anew, whatever is left of them.
rebuild()
{
	local ns

	idle_again
	timeout 30 rmmod espudp
	for ns in "$left" "$right"; do
		ip netns del "$ns"
	done
	near_end && far_end
}
