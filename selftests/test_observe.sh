#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What an operator can see of a link: counters that are exact, drops under one name everywhere, tracepoints, ethtool,
# rtnetlink.
#
# timeout: 600

. "$(dirname "$0")/lib.sh"

suite=aes-gcm-16-128
spec=$here/../uapi/espudp.yaml
events=/sys/kernel/tracing/events/espudp
instance=/sys/kernel/tracing/instances/observe-$$

# drop_reasons: the names in the specification, in its order.
drop_reasons()
{
	"$PYTHON" -c 'import sys, yaml
for d in yaml.safe_load(open(sys.argv[1]))["definitions"]:
	if d["name"] == "drop-reason":
		for e in d["entries"]:
			print(e if isinstance(e, str) else e["name"])' "$spec"
}

# ---- tracepoints: what is traced between trace_on and trace_off is in $work/trace

trace_on()
{
	echo 0 > $instance/tracing_on
	echo > $instance/trace
	echo 1 > $instance/tracing_on
}

trace_off()
{
	echo 0 > $instance/tracing_on
	cat $instance/trace > "$work/trace"
}

# traced COUNT EVENT WORD...: that many lines of the event have all of the words. The link is left's, by its number.
traced()
{
	local count=$1 lines word

	lines=$(grep " $2: " "$work/trace")
	shift 2
	for word; do
		lines=$(grep -F -- " $word" <<< "$lines ")
	done
	equal "$(grep -c . <<< "$lines")" "$count" "events with $*" || { tail -n 20 "$work/trace"; return 1; }
}

tracing_starts()
{
	mkdir $instance || return
	echo 1 > $instance/events/espudp/enable
	echo 1 > $instance/events/skb/kfree_skb/enable
	index=$(field "$left" link vpn0 ifindex)
}

# User space must be able to print every event by itself: no constant of the kernel's, no function in its format.
formats_are_plain()
{
	local file

	for file in "$events"/*/format; do
		! grep '^print fmt' "$file" | sed 's/__print_symbolic(REC//g' | grep -E 'ESPUDP_|sizeof|[a-z_]\(REC' ||
			explain "in $file" || return
	done
	drop_reasons | while IFS= read -r name; do
		grep -q "\"$name\"" $events/espudp_drop/format || explain "espudp_drop does not know $name" || return
	done
}

traces_packets()
{
	local outer=$1 number=$2 there here remote

	there=$(inner_address right "$outer" 4)
	here=$(inner_address left "$outer" 4)
	remote=$(outer_address right "$outer"):4500
	[ "$outer" = 4 ] || remote="[$(outer_address right 6)]:4500"
	both_sas "$outer" "$number" $suite || return
	trace_on
	pings "$left" "$there" 3 || return
	trace_off
	traced 3 espudp_tx "link=vpn0 ifindex=$index sa=$(sa_out "$number") spi=$(spi "$number" left)" "len=84" \
		"family=4 protocol=1 saddr=$here daddr=$there remote=$remote" &&
	traced 3 espudp_rx "link=vpn0 ifindex=$index sa=$(sa_in "$number") spi=$(spi "$number" right)" "len=84" \
		"saddr=$there daddr=$here remote=$remote" &&
	traced 1 espudp_tx "sa=$(sa_out "$number") spi=$(spi "$number" left) seq=1" &&
	traced 1 espudp_tx "sa=$(sa_out "$number") spi=$(spi "$number" left) seq=3" || return
	trace_on
	pings "$left" "$(inner_address right "$outer" 6)" 2 || return
	trace_off
	traced 2 espudp_tx "sa=$(sa_out "$number")" "len=104" \
		"family=6 protocol=58 saddr=$(inner_address left "$outer" 6) daddr=$(inner_address right "$outer" 6) remote=$remote"
}

# A stray datagram with an SPI that nobody has.
stray()
{
	in_ns "$right" "$PYTHON" -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(bytes.fromhex("deadbeef") + bytes(60), ("192.0.2.1", 4500))'
}

traces_drops()
{
	trace_on
	stray
	wait_for 10 field_at_least "$left" transport 4 rx-unknown-spi 1 || return
	trace_off
	traced 1 espudp_drop "link=- ifindex=0 sa=0 spi=0xdeadbeef" "reason=rx-unknown-spi" || return
	trace_on
	espudp_in "$left" sa del "$(sa_out 2)" || return
	in_ns "$left" ping -n -q -c 2 -i 0.01 -W 1 10.4.2.1
	trace_off
	traced 2 espudp_drop "link=vpn0 ifindex=$index sa=0 spi=0x0 len=84 reason=tx-no-sa" &&
	traced 2 kfree_skb "reason: XFRM_POLICY" &&
	both_sas 4 3 $suite && pings "$left" 10.4.2.1 1
}

# Filters take the numbers; those of names are in the format.
filtered()
{
	echo "reason == $(sed -n 's/.*{ \([0-9]*\), "tx-no-sa" }.*/\1/p' $events/espudp_drop/format)" \
		> $instance/events/espudp/espudp_drop/filter || return
	trace_on
	stray
	espudp_in "$left" sa del "$(sa_out 3)" || return
	in_ns "$left" ping -n -q -c 1 -W 1 10.4.2.1
	trace_off
	echo 0 > $instance/events/espudp/espudp_drop/filter
	traced 1 espudp_drop && traced 1 espudp_drop reason=tx-no-sa
}

traces_sas()
{
	local ids

	trace_on
	both_sas 4 4 chacha20-poly1305 out:soft-packets 2 out:hard-packets 4 || return
	in_ns "$left" ping -n -q -c 6 -i 0.01 -W 1 10.4.2.1
	wait_for 10 sh -c "! ip netns exec $left $ESPUDP sa show $(sa_out 4)" || return
	espudp_in "$left" sa del "$(sa_in 4)" || return
	trace_off
	ids="link=vpn0 ifindex=$index sa=$(sa_out 4) spi=$(spi 4 left)"
	traced 1 espudp_sa_install "$ids dir=out child=4 peer=4 suite=chacha20-poly1305 esn=0" &&
	traced 1 espudp_sa_install "sa=$(sa_in 4) spi=$(spi 4 right) dir=in" "ifindex=$index " &&
	traced 1 espudp_sa_switch "$ids" &&
	traced 1 espudp_sa_expire "$ids dir=out limit=soft cause=packets" &&
	traced 1 espudp_sa_expire "$ids dir=out limit=hard cause=packets" &&
	traced 1 espudp_sa_del "$ids dir=out reason=expired" &&
	traced 1 espudp_sa_del "sa=$(sa_in 4) spi=$(spi 4 right) dir=in reason=request"
}

# The right side sends from another port.
traces_endpoint()
{
	espudp_in "$left" peer set id 4 endpoint-policy learn && both_sas 4 5 $suite && pings "$left" 10.4.2.1 1 || return
	trace_on
	espudp_in "$right" transport add id 4 local 192.0.2.2 port 4507 replace &&
	pings "$right" 10.4.1.1 2 || return
	trace_off
	traced 1 espudp_peer_endpoint "link=vpn0 ifindex=$index peer=4 transport=4 remote=192.0.2.2:4507 policy=learn" ||
		return
	espudp_in "$right" transport add id 4 local 192.0.2.2 port 4500 replace && pings "$right" 10.4.1.1 2
}

traces_size()
{
	ip -n "$left" link set vpn0 mtu 2000 || return
	trace_on
	in_ns "$left" ping -n -q -c 1 -W 1 -M 'do' -s 1700 10.4.2.1
	trace_off
	ip -n "$left" link set vpn0 mtu 1400
	traced 1 espudp_too_big "link=vpn0 ifindex=$index peer=4 len=1728 path=1500" &&
	traced 1 espudp_drop "reason=tx-too-big" "link=vpn0 ifindex=$index" &&
	traced 1 kfree_skb "reason: PKT_TOO_BIG"
}

# A router tells of a packet that left sends what it would carry, and of another less; the first is true no more.
traces_path()
{
	local ids

	trace_on
	in_ns "$right" "$PYTHON" -B - "$left" <<-'END' || return
		import socket, struct, subprocess, sys
		wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
		wire.bind(("wire0", 0x0800))
		wire.settimeout(20)
		subprocess.run(["ip", "netns", "exec", sys.argv[1], "ping", "-n", "-q", "-c", "1", "-s", "1300", "10.4.2.1"],
		               check=True)
		while True:
		    packet, sender = wire.recvfrom(2000)
		    if sender[2] != socket.PACKET_OUTGOING and packet[9] == 17 and len(packet) > 1300:
		        break
		icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
		for mtu in (1250, 1200, 1230):
		    error = struct.pack(">BBHHH", 3, 4, 0, 0, mtu) + packet[:64]
		    words = struct.unpack(f">{len(error) // 2}H", error)
		    total = sum(words)
		    total = (total & 0xffff) + (total >> 16)
		    total = ~((total & 0xffff) + (total >> 16)) & 0xffff
		    icmp.sendto(error[:2] + struct.pack(">H", total) + error[4:], ("192.0.2.1", 0))
	END
	wait_for 10 field_is "$left" peer 4 path_mtu 1200 || return
	wait_for 10 grep -q 'told=1230' $instance/trace || return
	trace_off
	ids="link=vpn0 ifindex=$index peer=4 sa=$(sa_out 5) spi=$(spi 5 left) remote=192.0.2.2:4500"
	traced 1 espudp_pmtu "$ids told=1250 pmtu=1250" && traced 1 espudp_pmtu "$ids told=1200 pmtu=1200" &&
	traced 1 espudp_pmtu "$ids told=1230 pmtu=1200"
}

# Every event of the module was seen by one of these tests.
all_traced()
{
	local event

	for event in "$events"/*/; do
		event=$(basename "$event")
		grep -qE "traced [0-9]+ $event( |\$)" "$0" || explain "no test of $event" || return
	done
}

# ---- counters

# link_counters NAMESPACE: received and then sent: bytes, packets, errors, dropped.
link_counters()
{
	ip -n "$1" -s -j link show vpn0 | grep -oE '"(bytes|packets|errors|dropped)":[0-9]+' | cut -d: -f2 | xargs
}

# counters_of NAMESPACE OBJECT ID: packets and bytes; of a peer received and then sent.
counters_of()
{
	espudp_in "$1" "$2" show "$3" -j | grep -oE '"(packets|bytes)": ?[0-9]+' | grep -oE '[0-9]+' | xargs
}

# Ten pings are ten packets of 84 octets, each way, on link, peer and SAs of both sides.
pings_are_counted()
{
	local ns

	espudp_peer "$left" left 6 && espudp_peer "$right" right 6 || return
	both_sas 6 6 $suite || return
	local before_left before_right
	before_left=$(link_counters "$left")
	before_right=$(link_counters "$right")
	pings "$left" 10.6.2.1 10 || return
	for ns in "$left" "$right"; do
		equal "$(counters_of "$ns" sa "$(sa_in 6)")" "10 840" "inbound SA" &&
		equal "$(counters_of "$ns" sa "$(sa_out 6)")" "10 840" "outbound SA" &&
		equal "$(counters_of "$ns" peer 6)" "10 840 10 840" peer || return
	done
	equal "$(difference "$before_left" "$(link_counters "$left")")" "840 10 0 0 840 10 0 0" "left link" &&
	equal "$(difference "$before_right" "$(link_counters "$right")")" "840 10 0 0 840 10 0 0" "right link"
}

difference()
{
	local before after i out=()

	read -ra before <<< "$1"
	read -ra after <<< "$2"
	for i in "${!before[@]}"; do
		out+=($((after[i] - before[i])))
	done
	echo "${out[*]}"
}

# TCP hands over superpackets; what counts is what goes on the wire, and both ends agree.
segments_are_counted()
{
	local before after sent got packets bytes

	both_sas 6 7 $suite || return
	before=$(link_counters "$left")
	tcp "$left" 10.6.2.1 2000000 || return
	after=$(difference "$before" "$(link_counters "$left")")
	sent=$(counters_of "$left" sa "$(sa_out 7)")
	got=$(counters_of "$right" sa "$(sa_in 7)")
	packets=${sent% *} bytes=${sent#* }
	equal "$sent" "$got" "what left has sent and right has received" &&
	equal "$(cut -d' ' -f5,6 <<< "$after")" "$bytes $packets" "what the link has sent" &&
	[ "$packets" -ge $((2000000 / 1400)) ] && [ "$bytes" -ge $((2000000 + packets * 40)) ] ||
		explain "$packets packets, $bytes bytes"
}

# A malformed packet is an error, a packet without an SA was dropped.
errors_and_drops()
{
	local before

	before=$(link_counters "$left")
	# Too short for header, IV and ICV.
	in_ns "$right" "$PYTHON" -c 'import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.sendto(bytes.fromhex("%08x" % int(sys.argv[1], 0)) + bytes(16), ("2001:db8::1", 4500))' "$(spi 7 right)"
	espudp_in "$left" sa del "$(sa_out 7)" || return
	in_ns "$left" ping -n -q -c 2 -i 0.01 -W 1 10.6.2.1
	wait_for 10 field_at_least "$left" link vpn0 rx-truncated 1 || return
	equal "$(difference "$before" "$(link_counters "$left")" | cut -d' ' -f3,4,7,8)" "1 0 0 2" "errors and drops" &&
	both_sas 6 8 $suite
}

# ---- ethtool

ethtool_driver()
{
	in_ns "$left" ethtool -i vpn0 | tee "$work/driver"
	grep -qx 'driver: espudp' "$work/driver" || return
	in_ns "$left" ethtool vpn0 | tee "$work/settings"
	grep -q 'Link detected: yes' "$work/settings"
}

# The same names in the same order as in the specification, and the same counts as netlink has.
ethtool_statistics()
{
	in_ns "$left" ethtool -S vpn0 | sed -n 's/^ *\([rt]x-[^:]*\): \([0-9]*\)$/\1 \2/p' |
		grep -v -e batches -e parallel > "$work/ethtool"
	equal "$(cut -d' ' -f1 "$work/ethtool" | xargs)" "$(drop_reasons | xargs)" names || return
	grep -q '^tx-no-sa [1-9]' "$work/ethtool" || return
	espudp_in "$left" link show vpn0 -j | sed -n 's/^ *"\([rt]x-[^"]*\)": *\([0-9]*\).*/\1 \2/p' > "$work/netlink"
	equal "$(grep -v ' 0$' "$work/ethtool" | sort | xargs)" "$(sort "$work/netlink" | xargs)" "counts of netlink"
}


# ---- rtnetlink

# rtnl_data [HEX]: what rtnetlink says of left's vpn0 as the data of its kind, as NUMBER=HEX; or how it refuses HEX.
rtnl_data()
{
	in_ns "$left" "$PYTHON" -B "$here/rtnl.py" vpn0 "$@"
}

# The same numbers as in netlink's link: 5 mark, 6 peers, 7 children, 9 carrier.
link_data()
{
	espudp_in "$left" link set vpn0 mark 0x51 && rtnl_data | tee "$work/data"
	grep -qx '5=51000000' "$work/data" && grep -qx '6=02000000' "$work/data" && grep -qx '7=02000000' "$work/data" &&
	grep -qx '9=00000000' "$work/data" &&
	espudp_in "$left" link set vpn0 mark 0 && rtnl_data | grep -qx '5=00000000' &&
	ip -n "$left" -d link show vpn0 | grep -qw espudp
}

# Not even an attribute that LINK_SET takes; nor an empty change.
data_refused()
{
	rtnl_data 0800050001000000 | tee "$work/refused"
	grep -q '^refused: 95 .*espudp netlink family' "$work/refused" && rtnl_data | grep -qx '5=00000000' &&
	rtnl_data '' | grep '^refused: 95 .*espudp netlink family'
}

# ---- carrier

has_carrier() { ip -n "$left" link show vpn0 | grep -q 'LOWER_UP'; }
has_none() { ip -n "$left" link show vpn0 | grep -q 'NO-CARRIER'; }

carrier_follows_sas()
{
	has_carrier && espudp_in "$left" link set vpn0 carrier sa && has_carrier || return
	# Two children send; the link has carrier until the last of them cannot.
	espudp_in "$left" sa del "$(sa_out 5)" && has_carrier || return
	espudp_in "$left" sa del "$(sa_out 8)" && wait_for 10 has_none || return
	in_ns "$left" ethtool vpn0 | grep -q 'Link detected: no' || return
	both_sas 4 20 $suite && wait_for 10 has_carrier && pings "$left" 10.4.2.1 2 || return
	# A rekeying is no interruption; an SA that has expired is.
	ip -n "$left" monitor link dev vpn0 > "$work/carrier" &
	watchers+=("$!")
	both_sas 4 21 $suite out:hard-packets 3 && espudp_in "$left" sa del "$(sa_out 20)" && has_carrier || return
	! grep -q NO-CARRIER "$work/carrier" || return
	in_ns "$left" ping -n -q -c 4 -i 0.01 -W 1 10.4.2.1
	wait_for 10 has_none && espudp_in "$left" link set vpn0 carrier always && wait_for 10 has_carrier
}

# With another route behind it, traffic takes that while there is no carrier.
carrier_moves_routes()
{
	ip -n "$left" link set vpn0 up
	in_ns "$left" sh -c 'echo 1 > /proc/sys/net/ipv4/conf/vpn0/ignore_routes_with_linkdown' || return
	espudp_in "$left" link set vpn0 carrier sa && wait_for 10 has_none || return
	ip -n "$left" route add 10.4.2.0/24 via 192.0.2.2 metric 50 || return
	wait_for 10 goes_by wire0 && both_sas 4 22 $suite && wait_for 10 goes_by vpn0 &&
	espudp_in "$left" link set vpn0 carrier always
}

goes_by() { ip -n "$left" route get 10.4.2.1 | grep -q "dev $1 "; }

aliases()
{
	modinfo espudp | tee "$work/modinfo"
	grep -q '^alias: *rtnl-link-espudp$' "$work/modinfo" &&
	grep -q '^alias: *net-pf-16-proto-16-family-espudp$' "$work/modinfo"
}

cleanup_trace()
{
	[ ! -d $instance ] || { echo 0 > $instance/events/enable; rmdir $instance; }
}
trap 'cleanup_trace; finish' EXIT

tunnel()
{
	two_ends 4 && quiet "$left" && quiet "$right"
}

check "a tunnel over IPv4" tunnel || exit
check "what loads the module is in it" aliases
check "SAs" both_sas 4 1 $suite
if [ -d /sys/kernel/tracing/instances ]; then
	check "tracing can be switched on" tracing_starts
	check "formats are for user space" formats_are_plain
	check "espudp_tx, espudp_rx: IPv4 outside" traces_packets 4 2
	check "espudp_drop, kfree_skb: reasons" traces_drops
	check "espudp_drop: a filter by reason" filtered
	check "espudp_sa_install, _switch, _expire, _del" traces_sas
	check "espudp_peer_endpoint" traces_endpoint
	check "espudp_too_big" traces_size
	check "espudp_pmtu" traces_path
else
	skip "tracepoints" "the kernel has no tracing"
fi
check "ten pings are ten packets everywhere; IPv6 outside" pings_are_counted
[ ! -d $instance ] || check "espudp_tx, espudp_rx: IPv6 outside" traces_packets 6 9
[ ! -d $instance ] || check "every tracepoint has its test" all_traced
check "segments are counted, not superpackets" segments_are_counted
check "errors and drops of the device" errors_and_drops
check "ethtool: driver and link" ethtool_driver
check "ethtool: drops by reason" ethtool_statistics
check "rtnetlink: the data of the link" link_data
check "rtnetlink: they are not set there, and that is said" data_refused
check "carrier sa: as long as a child can send" carrier_follows_sas
check "carrier sa: routes go another way meanwhile" carrier_moves_routes
