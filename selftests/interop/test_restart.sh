#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
#
# The helper is killed, and another takes over, under traffic in both directions: not one packet may be
# lost, whoever initiated, with ourselves and with strongSwan as the peer.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/own.sh"

ROUNDS=3

# under_traffic COMMAND...: 250 packets a second each way, and a TCP connection. Nothing is lost and TCP
# ends well.
under_traffic()
{
	local status tcp
	ip netns exec gw iperf3 -s -1 -B 192.168.7.1 > "$work/iperf3.server" 2>&1 &
	local server=$!
	wait_for 10 listens || return
	ip netns exec site iperf3 -c 192.168.7.1 -b 20M -t 600 -i 0 > "$work/iperf3" 2>&1 &
	tcp=$!
	ip netns exec site ping -n -i 0.004 -W 5 192.168.7.1 > "$work/ping.site" 2>&1 &
	local p1=$!
	ip netns exec gw ping -n -i 0.004 -W 5 10.9.0.1 > "$work/ping.gw" 2>&1 &
	local p2=$!
	wait_for 10 traffic_flows
	"$@"
	status=$?
	kill -0 $tcp || { echo "TCP has ended: $(cat "$work/iperf3")"; status=1; }
	wait_for 5 false > /dev/null	# what comes late
	kill -INT $p1 $p2 $tcp
	wait $p1 $p2 $tcp $server
	none_missing "$work/ping.site" && none_missing "$work/ping.gw" && [ $status -eq 0 ]
}

listens() { on_gw ss -tnl | grep -q ':5201 '; }

traffic_flows()
{
	[ "$(grep -c 'bytes from' "$work/ping.site")" -gt 100 ] &&
	[ "$(grep -c 'bytes from' "$work/ping.gw")" -gt 100 ]
}

# inbound NETNS: how many inbound SAs there are.
inbound() { ip netns exec "$1" espudp sa show -j | grep -c '"direction": *"in"'; }
one_inbound() { [ "$(inbound "$1")" -eq 1 ]; }

# The site's helper is killed by SIGNAL, and comes back.
site_restarts()
{
	local i before
	for ((i = 0; i < ROUNDS; i++)); do
		before=$(field spi_out)
		[ -n "$before" ] || return
		kill "-$1" "$helper_pid"
		wait "$helper_pid" 2> /dev/null
		helper_start "$SITE_CONF" || return
		wait_for 20 is_up || return
		field_changed spi_out "$before" || return
		wait_for 20 one_inbound site || return
	done
}

gw_field() { on_gw_control espudp show vpn0 -j | tr -d '\n ' | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
gw_changed() { local now; now=$(gw_field spi_out); [ -n "$now" ] && [ "$now" != "$1" ]; }

gw_restarts()
{
	local i before
	for ((i = 0; i < ROUNDS; i++)); do
		before=$(gw_field spi_out)
		[ -n "$before" ] || return
		kill "-$1" "$gw_pid"
		wait "$gw_pid" 2> /dev/null
		gw_start || return
		wait_for 20 gw_changed "$before" || return
		wait_for 20 one_inbound gw || return
	done
}

both_restart()
{
	kill -9 "$gw_pid" "$helper_pid"
	wait "$gw_pid" "$helper_pid" 2> /dev/null
	gw_start && helper_start "$SITE_CONF" && wait_for 20 is_up &&
	wait_for 30 one_inbound gw && wait_for 30 one_inbound site
}

# SIGTERM takes everything away; with --keep it does not.
stop_is_clean()
{
	helper_stop
	[ -z "$(on_site ip -o link show type espudp)" ] && [ "$(inbound site)" -eq 0 ]
}

keep_restarts()
{
	helper_start --keep "$SITE_CONF" && wait_for 20 is_up && pings v4 || return
	kill "$helper_pid"
	wait "$helper_pid" 2> /dev/null || return
	pings v4 && helper_start "$SITE_CONF" && wait_for 20 is_up && pings v4
}

strongswan()
{
	helper_stop
	gw_stop
	ip -n gw link add lan0 type dummy
	ip -n gw link set lan0 up
	ip -n gw addr add 192.168.7.1/24 dev lan0
	ip -n gw route add 10.9.0.1/32 via 192.0.2.2 src 192.168.7.1
	gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk &&
	helper_start && site_config && up && pings v4
}

own_network || { echo "Bail out! no network"; exit 1; }
site_config
gw_config
gw_start || { echo "Bail out! no gateway"; exit 1; }
helper_start "$SITE_CONF" || { echo "Bail out! no ike-helper"; exit 1; }

check "up" wait_for 20 is_up
check "the initiator is killed under traffic: nothing is lost" under_traffic site_restarts KILL
check "the initiator is told to leave (SIGUSR2): nothing is lost" under_traffic site_restarts USR2
check "the responder is killed under traffic: nothing is lost" under_traffic gw_restarts KILL
check "both are killed at once: nothing is lost" under_traffic both_restart
check "SIGTERM takes away what was made" stop_is_clean
check "SIGTERM with --keep does not" keep_restarts
check "with strongSwan: up" strongswan
check "with strongSwan: the initiator is killed and returns" site_restarts KILL
