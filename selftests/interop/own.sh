# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For tests of ike-helper against itself: a second one in the namespace gw of lib.sh, which has to be
# sourced first. Its link is vpn0 as well and has the address of the network behind it.

GW_CONF=/run/gw/vpn0.conf
GW_LOG=/run/gw.log
GW_CONTROL=/run/gw.control
gw_pid=

# The strongSwan of lib.sh is not there; its log is ours.
GATEWAY_LOG=$GW_LOG

# own_network: the routes of lib.sh's gateway make room for those of the link.
own_network()
{
	network || return
	ip -n gw link del lan0
	ip -n gw route del 10.9.0.1/32 2> /dev/null
	ip -n gw route del fd00:9::1/128 2> /dev/null
	mkdir -p "${GW_CONF%/*}"
	trap own_finish EXIT
}

own_finish()
{
	local status=$?
	gw_stop
	(exit $status)
	finish
}

# shellcheck disable=SC2034 # link_config is given its name
gw_lines=('interface=Address = 192.168.7.1/32, fd00:7::1/128' 'peer=Endpoint = 192.0.2.2' 'peer=Start = no'
	'peer=PSK = file:/etc/espudp/vpn0.psk' 'peer=AllowedIPs = 10.9.0.1/32, fd00:9::1/128'
	'peer=LocalIPs = 192.168.7.0/24, fd00:7::/64')

# gw_config [interface=LINE]... [peer=LINE]...: as site_config, for the other end.
gw_config() { link_config "$GW_CONF" gw_lines "$@"; }

on_gw_control() { ESPUDP_CONTROL=$GW_CONTROL on_gw "$@"; }

gw_start()
{
	# Without a function between, so that $! is the helper itself.
	ESPUDP_CONTROL=$GW_CONTROL ip netns exec gw ike-helper "$@" "$GW_CONF" >> "$GW_LOG" 2>&1 &
	gw_pid=$!
	wait_for 20 gw_answers
}

gw_answers()
{
	on_gw_control espudp show > "$work/gw.show" && ! grep -q 'not running' "$work/gw.show"
}

gw_stop()
{
	[ -n "$gw_pid" ] || return 0
	kill "$gw_pid" 2> /dev/null
	wait "$gw_pid" 2> /dev/null
	gw_pid=
}

gw_shown() { on_gw_control espudp show vpn0 -j | grep -q -- "$1"; }
