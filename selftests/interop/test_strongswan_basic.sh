#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
#
# strongSwan's charon and the kernel's ESP as the peer: bring-up in both roles, families, identities,
# narrowing, liveness, deletion, and what stays when the helper dies.

. "$(dirname "$0")/lib.sh"

six_lines()
{
	site_config
	up && pings && is_up
}

four_datagrams()
{
	down
	ip netns exec gw timeout 60 tcpdump -n -i wan0 -U -w "$work/up.pcap" 'udp port 500 or udp port 4500' 2> "$work/sniff" &
	local sniffer=$!
	wait_for 10 grep -q listening "$work/sniff"
	up && on_site ping -n -q -c 1 192.168.7.1
	local rc=$?
	wait_for 10 captured 'ESP(spi'
	kill $sniffer
	wait $sniffer 2> /dev/null
	[ $rc -eq 0 ] || return
	# IKE before the first ESP packet: two on port 500, two on 4500.
	tcpdump -n -r "$work/up.pcap" 2> /dev/null | tee "$work/up.txt" | sed '/ESP(spi/,$d' > "$work/ike.txt"
	cat "$work/up.txt"
	[ "$(wc -l < "$work/ike.txt")" -eq 4 ] && [ "$(grep -c '\.4500:' "$work/ike.txt")" -eq 2 ]
}

captured() { tcpdump -n -r "$work/up.pcap" 2> /dev/null | grep -q "$1"; }

encapsulated()
{
	gateway --list-sas | tee "$work/sas"
	grep -q 'TUNNEL-in-UDP' "$work/sas"
}

suite_shown()
{
	field_has proposal X25519 && shown AES_GCM_16-128 && gateway --list-sas | grep -q ESTABLISHED
}

down_is_clean()
{
	down || return
	wait_for 10 peer_forgot || return
	on_site ip link show vpn0 2> /dev/null && return 1
	[ -z "$(on_site ip route show 192.168.7.0/24)" ]
}

we_answer()
{
	site_config 'peer=Start = no'
	up && gateway --initiate --child lan && wait_for 10 is_up && pings
}

we_answer_anyone()
{
	down
	gateway_config
	printf '[Interface]\nAddress = 10.9.0.1/32, fd00:9::1/128\n[Peer]\nLocalID = 192.0.2.2\nPSK = file:vpn0.psk\nAllowedIPs = 192.168.7.0/24, fd00:7::/64\n' > "$SITE_CONF"
	up && gateway --initiate --child lan && wait_for 10 is_up && pings
}

has_carrier() { on_site ip link show vpn0 | grep -q LOWER_UP; }
has_none() { on_site ip link show vpn0 | grep -q NO-CARRIER; }

# What the link has without a tunnel, with one, and after that; and what else of the link the file may set.
link_keys()
{
	down
	gateway_config
	site_config 'interface=Carrier = sa' 'interface=DSCP = 10' 'interface=TTL = inherit' 'interface=DF = clear' \
		'interface=FlowLabel = zero' 'interface=Batch = off' 'interface=Parallel = on' 'peer=Start = no'
	up && wait_for 20 has_none && on_site espudp link show vpn0 | tee "$work/link"
	grep -q 'df clear dscp 10 ttl inherit flow-label zero.* batch off.* parallel on' "$work/link" || return
	site_config 'interface=Carrier = sa' 'interface=DSCP = copy' 'interface=TTL = 9' 'peer=Start = no'
	on_site espudp reload vpn0 && on_site espudp link show vpn0 | tee "$work/link"
	grep -q 'df copy dscp copy ttl 9 flow-label hash.* batch on.* parallel off' "$work/link" || return
	gateway --initiate --child lan && wait_for 20 is_up && has_carrier && pings &&
	gateway --terminate --ike site && wait_for 20 has_none
}

# identities SITE-KEY-VALUE GATEWAY-ID: both ends insist on them.
identities()
{
	down
	gateway_config "local=id = gw.example.com" "remote=id = $2"
	site_config "peer=LocalID = $1" 'peer=RemoteID = gw.example.com'
	up && on_site ping -n -q -c 1 192.168.7.1
}

outer_ipv6()
{
	down
	gateway_config 'connection=local_addrs = 2001:db8::1' 'connection=remote_addrs = 2001:db8::2'
	site_config 'peer=Endpoint = [2001:db8::1]:500'
	up && pings
}

narrowed()
{
	down
	gateway_config 'child=local_ts = 192.168.7.0/26'
	site_config
	up && shown '192.168.7.0/26' && on_site ping -n -q -c 1 192.168.7.1
}

several_selectors()
{
	down
	gateway_config 'child=local_ts = 192.168.7.0/25, 192.168.8.0/24, fd00:7::/64'
	site_config 'peer=AllowedIPs = 192.168.7.0/24, 192.168.8.0/24, fd00:7::/64'
	up && pings
}

# How often the helper's processes went to sleep, and hence woke up.
wakings()
{
	local pid

	for pid in "$helper_pid" $(pgrep -P "$helper_pid"); do
		cat "/proc/$pid/task"/*/status
	done | awk '$1 == "voluntary_ctxt_switches:" { n += $2 } END { print n + 0 }'
}

# Who has nothing to do sleeps: at most one waking for each keepalive, which the kernel sends.
idle()
{
	local before after

	down
	gateway_config
	site_config 'peer=PersistentKeepalive = 3s'
	up && pings || return
	sleep 1 # what came with the tunnel is done
	before=$(wakings)
	sleep 9
	after=$(wakings)
	echo "$before wakings, then $after"
	[ "$before" -gt 10 ] && [ $((after - before)) -le 3 ]
}

gateway_deletes()
{
	down
	gateway_config
	site_config
	up || return
	local before
	before=$(field spi_i)
	gateway --terminate --ike site || return
	# Start = yes: it comes back by itself.
	wait_for 30 field_changed spi_i "$before" && wait_for 30 is_up && pings v4
}

gateway_deletes_child()
{
	local before
	before=$(field spi_out)
	gateway --terminate --child lan || return
	wait_for 30 field_changed spi_out "$before" && wait_for 30 is_up && pings v4
}

gateway_dies()
{
	down
	site_config 'peer=DPD = 2s' 'peer=RetransmitTimeout = 5s'
	up || return
	kill -9 "$GATEWAY_PID"
	wait "$GATEWAY_PID" 2> /dev/null
	on_gw ip xfrm state flush
	on_gw ip xfrm policy flush
	wait_for 40 is_not_up || return
	field reason
	[ -n "$(field reason)" ] || return
	gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk || return
	wait_for 60 is_up && pings v4
}

# The daemon is killed under traffic: the kernel goes on.
helper_dies()
{
	down
	site_config
	up || return
	lossless helper_killed
}

helper_killed()
{
	kill -9 "$helper_pid"
	wait "$helper_pid" 2> /dev/null
	helper_pid=
	on_site ping -n -q -c 50 -i 0.02 192.168.7.1
}

# A new one finds what the old one left, and the tunnel is negotiated anew.
helper_returns()
{
	local spi
	helper_start || return
	up || return
	pings v4 || return
	spi=$(on_site espudp sa show -j | grep -c '"direction": *"in"')
	echo "$spi inbound SAs"
	wait_for 20 one_inbound
}

one_inbound()
{
	[ "$(on_site espudp sa show -j | grep -c '"direction": *"in"')" -eq 1 ]
}

nothing_left()
{
	down
	helper_stop
	[ -z "$(on_site ip -o link show type espudp)" ] || return
	on_site espudp peer show -j | tee "$work/peers" | grep -q '"id"' && return 1
	on_site espudp sa show -j | grep -q '"id"' && return 1
	return 0
}

network || { echo "Bail out! no network"; exit 1; }
gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start || { echo "Bail out! no ike-helper"; exit 1; }

check "six lines: initiator, IPv4 and IPv6 both ways" six_lines
check "the gateway sees ESP in UDP without any NAT" encapsulated
check "algorithms are shown" suite_shown
check "down: the peer is told, link and routes are gone" down_is_clean
check "four datagrams bring it up" four_datagrams
check "down again" down_is_clean
check "responder: strongSwan initiates to a link with Start = no" we_answer
check "responder: a link without Endpoint" we_answer_anyone
check "the link's own keys; carrier only while the tunnel is up" link_keys
check "identity: FQDN" identities site.example.com site.example.com
check "identity: e-mail address" identities site@example.com site@example.com
check "identity: IPv4 address" identities 192.0.2.2 192.0.2.2
check "identity: IPv6 address" identities 2001:db8::2 2001:db8::2
check "identity: key id" identities keyid:espudp-key keyid:espudp-key
check "outer IPv6" outer_ipv6
check "selectors narrowed by the gateway" narrowed
check "several selectors" several_selectors
check "idle: the helper wakes at most once for each keepalive" idle
check "the gateway deletes the IKE SA: it comes back" gateway_deletes
check "the gateway deletes the child: it comes back" gateway_deletes_child
check "the gateway dies: noticed, told, and up again when it returns" gateway_dies
check "the helper is killed: traffic flows on" helper_dies
check "a new helper takes over" helper_returns
check "nothing is left" nothing_left
