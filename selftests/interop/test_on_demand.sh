#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
#
# Start = traffic: no tunnel before the first packet, and none after a while without.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/own.sh"

waits() { field_is state waiting && shown 'waits for traffic'; }

# No datagram leaves before there is a packet for the peer.
starts_by_traffic()
{
	site_config 'peer=Start = traffic' 'peer=IdleTimeout = 5s' 'peer=RetransmitTimeout = 4s'
	on_site espudp up vpn0 && wait_for 10 waits || return
	ip netns exec gw timeout 60 tcpdump -n -i wan0 -U -w "$work/quiet.pcap" udp 2> "$work/sniff" &
	local sniffer=$!
	wait_for 10 grep -q listening "$work/sniff"
	wait_for 3 false > /dev/null
	kill $sniffer
	wait $sniffer 2> /dev/null
	[ "$(tcpdump -n -r "$work/quiet.pcap" 2> /dev/null | wc -l)" -eq 0 ] || return
	on_site ping -n -q -c 5 -i 0.3 -W 5 192.168.7.1 && wait_for 20 is_up && pings
}

goes_when_idle() { wait_for 30 waits && ! gw_shown '"spi_i"'; }
comes_back() { on_site ping -n -q -c 5 -i 0.3 -W 5 -I fd00:9::1 fd00:7::1 && wait_for 20 is_up; }

# The gateway takes the tunnel down: it stays down until there is traffic.
gateway_deletes()
{
	on_gw_control espudp down vpn0 && wait_for 10 waits || return
	on_gw_control espudp up "$GW_CONF" && comes_back
}

# A gateway that is not there is not asked for each packet, and is found when it comes.
gateway_missing()
{
	local before

	before=$(grep -c 'initiating' "$SITE_LOG")
	gw_stop
	wait_for 30 waits
	on_site ping -n -q -c 20 -i 0.2 -W 1 192.168.7.1 && return 1
	[ $(($(grep -c 'initiating' "$SITE_LOG") - before)) -lt 12 ] || return
	gw_start && wait_for 60 comes_back
}

nothing_left()
{
	down && [ -z "$(on_site ip -o link show type espudp)" ] &&
	! on_site espudp peer show -j | grep -q '"id"'
}

own_network || { echo "Bail out! no network"; exit 1; }
gw_config
gw_start || { echo "Bail out! no gateway"; exit 1; }
helper_start || { echo "Bail out! no ike-helper"; exit 1; }

check "the first packet brings the tunnel up" starts_by_traffic
check "it goes when it is idle" goes_when_idle
check "it comes back with the next packet" comes_back
check "deleted by the peer: until there is traffic" gateway_deletes
check "the peer is missing: tried with pauses, and found" gateway_missing
check "nothing is left" nothing_left
