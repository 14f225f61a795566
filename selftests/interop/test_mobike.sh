#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
#
# Addresses change under traffic (RFC 4555): the tunnel moves and keeps its SAs; with strongSwan and with
# ourselves, in both roles, within a family and between them, and with a NAT that forgets.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/own.sh"

OUTAGE=500	# packets of 50 a second that may be missing in a row when an address is torn away; a busy machine is slow

# moves COMMAND...: it changes addresses, under traffic. The tunnel must not come up anew.
moves()
{
	local spi out status
	spi=$(field spi_i)
	out=$(field spi_out)
	ip netns exec site ping -n -i 0.02 -W 2 192.168.7.1 > "$work/ping.site" 2>&1 &
	local p1=$!
	ip netns exec gw ping -n -i 0.02 -W 2 10.9.0.1 > "$work/ping.gw" 2>&1 &
	local p2=$!
	wait_for 20 flowing 20
	"$@"
	status=$?
	wait_for 20 flowing_again || status=1
	kill -INT $p1 $p2
	wait $p1 $p2
	outage "$work/ping.site" && outage "$work/ping.gw" && [ $status -eq 0 ] &&
	pings v4 && field_is spi_i "$spi" && field_is spi_out "$out"
}

answers() { grep -c 'bytes from' "$1"; }
flowing() { [ "$(answers "$work/ping.site")" -gt "$1" ] && [ "$(answers "$work/ping.gw")" -gt "$1" ]; }

flowing_again()
{
	local a b
	a=$(answers "$work/ping.site")
	b=$(answers "$work/ping.gw")
	wait_for 3 false > /dev/null
	[ "$(answers "$work/ping.site")" -gt $((a + 100)) ] && [ "$(answers "$work/ping.gw")" -gt $((b + 100)) ]
}

# outage FILE: no longer hole than that in what was answered.
outage()
{
	awk -v most="$OUTAGE" '
	match($0, /icmp_seq=[0-9]+/) && / bytes from / {
		seq = substr($0, RSTART + 9, RLENGTH - 9) + 0
		if (last && seq - last > hole) hole = seq - last
		if (seq > last) last = seq
	}
	END { print FILENAME ": longest hole", hole; exit !(last && hole <= most) }' "$1"
}

site_address()
{
	ip -n site addr add "$2" dev wan0 && ip -n site addr del "$1" dev wan0
}

gw_address()
{
	ip -n gw addr add "$2" dev wan0 && ip -n gw addr del "$1" dev wan0
}

own_up()
{
	site_config 'peer=DPD = 2s' 'peer=RetransmitTimeout = 60s'
	gw_config 'peer=DPD = 2s'
	sed -i '/^Endpoint\|^Start/d; /^\[Peer\]/a LocalID = 192.0.2.1' "$GW_CONF"
	gw_start && helper_start "$SITE_CONF" && wait_for 20 is_up && pings
}

own_initiator() { moves site_address 192.0.2.2/24 192.0.2.12/24 && field_has local 192.0.2.12; }
own_initiator_back() { moves site_address 192.0.2.12/24 192.0.2.2/24; }
own_responder() { moves gw_address 192.0.2.1/24 192.0.2.11/24 && field_is remote 192.0.2.11:4500; }
own_responder_back() { moves gw_address 192.0.2.11/24 192.0.2.1/24; }

both()
{
	site_address 192.0.2.2/24 192.0.2.12/24
	gw_address 192.0.2.1/24 2001:db8::11/64
}

own_family()
{
	moves ip -n site addr del 192.0.2.2/24 dev wan0 &&
	field_has local 2001:db8:: && ip -n site addr add 192.0.2.2/24 dev wan0
}

# A NAT between the two that forgets its mapping.
own_nat()
{
	ip netns exec gw nft flush ruleset 2> /dev/null
	helper_stop
	gw_stop
	ip netns exec site nft -f - <<-END || return
	table ip tnat {
		chain post {
			type nat hook postrouting priority srcnat;
			oifname wan0 udp sport 4500 counter masquerade to :20000-20999
		}
	}
	END
	gw_start && helper_start "$SITE_CONF" && wait_for 20 is_up && pings v4 || return
	moves nat_forgets && ip netns exec site nft flush ruleset
}

nat_forgets()
{
	ip netns exec site nft flush ruleset
	ip netns exec site nft -f - <<-END
	table ip tnat {
		chain post {
			type nat hook postrouting priority srcnat;
			oifname wan0 udp sport 4500 counter masquerade to :30000-30999
		}
	}
	END
	ip netns exec site conntrack -F 2> /dev/null
	return 0
}

# No network at all for a while: nothing is given up, and all goes on at once when it is back.
away()
{
	local spi
	spi=$(field spi_i)
	ip -n site link set wan0 down
	wait_for 8 false > /dev/null
	ip -n site link set wan0 up
	ip -n site addr add 2001:db8::2/64 dev wan0 nodad 2> /dev/null
	wait_for 10 pings v4 && field_is spi_i "$spi"
}

strongswan()
{
	helper_stop
	gw_stop
	ip -n gw link add lan0 type dummy
	ip -n gw link set lan0 up
	ip -n gw addr add 192.168.7.1/24 dev lan0
	ip -n gw route replace 10.9.0.1/32 via 192.0.2.2 src 192.168.7.1
	GATEWAY_LOG=/run/gateway.log
	gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk || return
	gateway_config 'connection=local_addrs = %any' 'connection=remote_addrs = %any' 'local=id = gw.example.com'
	site_config 'peer=DPD = 2s' 'peer=RetransmitTimeout = 60s'
	helper_start && up && pings v4
}

strongswan_route()
{
	ip -n site addr add 192.0.2.12/24 dev wan0
	ip -n site addr del 192.0.2.2/24 dev wan0
	ip -n gw route replace 10.9.0.1/32 via 192.0.2.12 src 192.168.7.1
}

strongswan_initiator_moves()
{
	moves strongswan_route && field_has local 192.0.2.12 || return
	gateway --list-sas | tee "$work/sas"
	grep -q 192.0.2.12 "$work/sas" || return
	ip -n site addr add 192.0.2.2/24 dev wan0
	ip -n site addr del 192.0.2.12/24 dev wan0
	ip -n gw route replace 10.9.0.1/32 via 192.0.2.2 src 192.168.7.1
}

# strongSwan initiates and moves; we answer.
strongswan_moves()
{
	down
	gateway_config 'connection=local_addrs = %any' 'connection=remote_addrs = 192.0.2.2' 'local=id = gw.example.com'
	site_config 'peer=Start = no' 'peer=DPD = 2s'
	up && gateway --initiate --child lan && wait_for 10 is_up && pings v4 || return
	# While it has no IPv4 address strongSwan may take the other family, and stays there.
	moves gw_address 192.0.2.1/24 192.0.2.11/24 && field_has remote '192.0.2.11\|2001:db8::11'
}

own_network || { echo "Bail out! no network"; exit 1; }
for ns in site gw; do
	ip netns exec $ns sysctl -qw net.ipv4.conf.all.promote_secondaries=1 net.ipv4.conf.wan0.promote_secondaries=1
done

check "up" own_up
check "the initiator gets another address" own_initiator
check "and the old one again" own_initiator_back
check "the responder gets another address" own_responder
check "and the old one again" own_responder_back
check "the initiator loses IPv4: on by IPv6" own_family
check "both move at once, and to another family" moves both
ip -n gw addr add 192.0.2.1/24 dev wan0
ip -n site addr add 192.0.2.2/24 dev wan0
ip -n site addr del 192.0.2.12/24 dev wan0
check "a NAT forgets its mapping" own_nat
check "no network for a while" away
check "with strongSwan: up" strongswan
check "with strongSwan: the initiator gets another address" strongswan_initiator_moves
check "with strongSwan as initiator, which gets another address" strongswan_moves
