# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For the end-to-end tests: namespaces, tunnels made by hand, conditions with deadlines, and TAP.
#
# Two hosts, joined by a wire. Each has one link, vpn0, with a tunnel to the other over IPv4 and one over IPv6 (F is 4 or
# 6), which have their own networks behind them:
#
#            left                          right
#   wire0    192.0.2.1, 2001:db8::1        192.0.2.2, 2001:db8::2
#   vpn0     10.F.1.1, fd00:F:1::1         10.F.2.1, fd00:F:2::1
#   behind   10.F.1.0/24, fd00:F:1::/64    10.F.2.0/24, fd00:F:2::/64
#
# left always has an espudp link; right has one too (tunnel_espudp), or the kernel's xfrm (tunnel_xfrm). Objects have
# the same ids on both: transport, peer and child F.
#
# A test is a function or command run by check; it fails if that returns non-zero, and then its output follows as
# diagnostics.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
bin=${SELFTESTS_BIN:-$top/build/selftests/bin}
ESPUDP=${ESPUDP:-$top/build/bin/espudp}
PYTHON=${PYTHON:-/usr/bin/python3}
work=$(mktemp -d)
tap_count=0
tap_failed=0
namespaces=()
watchers=()
settled=0
floods=()
flood_logs=()
loads=()

# ---- TAP

# check NAME COMMAND...: run it in this shell and print its line.
check()
{
	local name=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@" > "$work/said" 2>&1; then
		echo "ok $tap_count - $name"
		return 0
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $name"
	tail -n 40 "$work/said" | sed 's/^/# /'
	return 1
}

# absorb COMMAND...: a program that prints TAP of its own; its lines become ours.
absorb()
{
	local line plan='' seen=0

	while IFS= read -r line; do
		case $line in
		'ok '*|'not ok '*)
			seen=$((seen + 1))
			tap_count=$((tap_count + 1))
			[ "${line#not}" = "$line" ] || tap_failed=$((tap_failed + 1))
			echo "${line%% [0-9]*} $tap_count - ${line#* - }"
			;;
		1..*) plan=${line#1..} ;;
		*) echo "$line" ;;
		esac
	done < <("$@" 2>&1)
	check "$1 ran to its end" equal "$seen" "$plan"
}

skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

skip_all()
{
	echo "1..0 # SKIP $1"
	trap - EXIT
	cleanup
	exit 4
}

# explain TEXT: why a check fails; for use in its last command.
explain()
{
	echo "$*"
	return 1
}

# fails COMMAND...: the command must fail, and say why. What it said is in $work/refusal.
fails()
{
	if "$@" > "$work/refusal" 2>&1; then
		explain "succeeded: $*"
	else
		[ -s "$work/refusal" ] || explain "failed without a word: $*"
	fi
}

equal()
{
	[ "$1" = "$2" ] || explain "got '$1', expected '$2'${3:+ ($3)}"
}

# wait_for SECONDS COMMAND...: until it succeeds; fails at the deadline.
wait_for()
{
	local deadline=$((SECONDS + $1 * ${ESPUDP_SLOW:-1}))
	shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || explain "waited in vain for: $*" || return
		sleep 0.05
	done
}

# ---- namespaces

cleanup()
{
	local ns pids

	[ ${#floods[@]} -eq 0 ] && [ ${#loads[@]} -eq 0 ] || unflood
	unwatch
	for ns in "${namespaces[@]}"; do
		pids=$(ip netns pids "$ns" 2> /dev/null)
		# shellcheck disable=SC2086 # one word a process
		[ -z "$pids" ] || kill -KILL $pids 2> /dev/null
		ip netns del "$ns" 2> /dev/null
	done
	rm -rf "$work"
}

finish()
{
	local status=$?

	cleanup
	echo "1..$tap_count"
	[ $status -eq 0 ] && [ $tap_failed -eq 0 ] && [ $tap_count -gt 0 ]
	exit $?
}
trap finish EXIT
trap 'exit 1' INT TERM

# setup_ns NAME...: make a namespace for each, its own name in the variable NAME.
setup_ns()
{
	local name ns

	for name; do
		ns=$name-$$-${#namespaces[@]}
		ip netns add "$ns" || return
		namespaces+=("$ns")
		# No router solicitations and no duplicate address detection: their packets would be counted.
		in_ns "$ns" sh -c 'for f in all default; do
			cd /proc/sys/net/ipv6/conf/$f &&
			echo 0 > accept_dad && echo 0 > accept_ra && echo 0 > router_solicitations &&
			echo 1 > addr_gen_mode && echo 1 > keep_addr_on_down
		done' || return
		ip -n "$ns" link set lo up || return
		printf -v "$name" %s "$ns"
	done
}

# quiet NAMESPACE: the host's own IPv6 multicast (MLD) stays inside, for tests that count every packet.
quiet()
{
	in_ns "$1" nft -f - <<-END
		table ip6 quiet {
			chain output {
				type filter hook output priority 0
				ip6 daddr ff02::/16 icmpv6 type { mld2-listener-report, nd-router-solicit } drop
			}
		}
	END
}

# in_ns NAMESPACE COMMAND...
in_ns()
{
	"$bin/enter" "$@"
}

# espudp_in NAMESPACE ARGUMENT...
espudp_in()
{
	"$bin/enter" "$1" "$ESPUDP" "${@:2}"
}

# join NAMESPACE-A NAMESPACE-B: the wire between left and right.
join()
{
	ip link add wire0 netns "$1" type veth peer name wire0 netns "$2" || return
	ip -n "$1" -batch - <<-END || return
		addr add 192.0.2.1/24 dev wire0
		addr add 2001:db8::1/64 dev wire0 nodad
		link set wire0 up
	END
	ip -n "$2" -batch - <<-END
		addr add 192.0.2.2/24 dev wire0
		addr add 2001:db8::2/64 dev wire0 nodad
		link set wire0 up
	END
}

side_number() { [ "$1" = left ] && echo 1 || echo 2; }
other_side() { [ "$1" = left ] && echo right || echo left; }

# outer_address SIDE F
outer_address()
{
	case $2 in
	4) echo "192.0.2.$(side_number "$1")" ;;
	6) echo "2001:db8::$(side_number "$1")" ;;
	esac
}

# neighbour_known LEFT RIGHT: after join, on the left side. A neighbour that is just being found reorders: those that waited
# for it are sent while another processor sends already.
neighbour_known()
{
	local address family

	address=$(ip -n "$2" -o link show wire0 | sed -n 's,.* link/ether \([^ ]*\) .*,\1,p') && [ -n "$address" ] || return
	for family in 4 6; do
		ip -n "$1" neigh replace "$(outer_address right $family)" dev wire0 lladdr "$address" nud permanent || return
	done
}

# inner_address SIDE F FAMILY
inner_address()
{
	case $3 in
	4) echo "10.$2.$(side_number "$1").1" ;;
	6) echo "fd00:$2:$(side_number "$1")::1" ;;
	esac
}

# network SIDE F FAMILY: what lies behind a side.
network()
{
	case $3 in
	4) echo "10.$2.$(side_number "$1").0/24" ;;
	6) echo "fd00:$2:$(side_number "$1")::/64" ;;
	esac
}

networks() { echo "$(network "$1" "$2" 4),$(network "$1" "$2" 6)"; }

# address_link NAMESPACE SIDE: vpn0's addresses and routes; up.
address_link()
{
	local far f

	far=$(other_side "$2")
	for f in 4 6; do
		echo "addr replace $(inner_address "$2" $f 4)/32 dev vpn0"
		echo "addr replace $(inner_address "$2" $f 6)/128 dev vpn0 nodad"
	done > "$work/address"
	echo "link set vpn0 up" >> "$work/address"
	for f in 4 6; do
		echo "route replace $(network "$far" $f 4) dev vpn0 src $(inner_address "$2" $f 4)"
		echo "route replace $(network "$far" $f 6) dev vpn0 src $(inner_address "$2" $f 6)"
	done >> "$work/address"
	ip -n "$1" -batch "$work/address"
}

# ---- tunnels

# espudp_link NAMESPACE SIDE: vpn0, without peers.
espudp_link()
{
	ip -n "$1" link add vpn0 type espudp && address_link "$1" "$2"
}

# espudp_peer NAMESPACE SIDE FAMILY: transport, peer and child of that id.
espudp_peer()
{
	local far

	far=$(other_side "$2")
	espudp_in "$1" transport add id "$3" local "$(outer_address "$2" "$3")" port 4500 &&
	espudp_in "$1" peer add id "$3" dev vpn0 transport "$3" \
		remote "$(outer_address "$far" "$3")" port 4500 &&
	espudp_in "$1" child add id "$3" peer "$3" local "$(networks "$2" "$3")" remote "$(networks "$far" "$3")"
}

# espudp_peer_gone NAMESPACE FAMILY
espudp_peer_gone()
{
	espudp_in "$1" peer del id "$2" && espudp_in "$1" transport del id "$2"
}

# Those that nearly everybody uses, and all that there are.
suites=(aes-gcm-16-128 aes-gcm-16-256 chacha20-poly1305)
all_suites=(aes-{gcm,ccm}-{16,12,8}-{128,192,256} chacha20-poly1305 aes-cbc-{128,192,256}-sha{256,384,512})

# cipher_len SUITE, auth_len SUITE: bytes of key material for the cipher, with its salt, and for the HMAC.
cipher_len()
{
	case $1 in
	aes-gcm-*) echo $((${1##*-} / 8 + 4)) ;;
	aes-ccm-*) echo $((${1##*-} / 8 + 3)) ;;
	aes-cbc-128-*) echo 16 ;;
	aes-cbc-192-*) echo 24 ;;
	aes-cbc-256-*) echo 32 ;;
	chacha20-poly1305) echo 36 ;;
	esac
}

auth_len()
{
	case $1 in
	*-sha*) echo $((${1##*-sha} / 8)) ;;
	*) echo 0 ;;
	esac
}

# key_hex SUITE NUMBER: its key material, as hexadecimal digits; another for each number.
key_hex()
{
	local part

	for part in 1 2; do
		echo -n "$part $1 $2" | sha512sum | cut -c1-128
	done | tr -d '\n' | cut -c1-$((2 * ($(cipher_len "$1") + $(auth_len "$1"))))
}

# key_file SUITE NUMBER: the name of a file that holds it.
key_file()
{
	local file=$work/key-$1-$2

	[ -e "$file" ] || (umask 077 && key_hex "$1" "$2" > "$file")
	echo "$file"
}

# spi NUMBER SENDER: the SPI of a direction.
spi()
{
	case $2 in
	left)	printf '0x%x\n' $((0x10000 + $1)) ;;
	right)	printf '0x%x\n' $((0x20000 + $1)) ;;
	esac
}

# Ids of the SAs numbered N: 2N in, 2N + 1 out.
sa_in() { echo $((2 * $1)); }
sa_out() { echo $((2 * $1 + 1)); }

# espudp_sas NAMESPACE SIDE CHILD NUMBER SUITE [KEY VALUE]...: a pair of SAs; the arguments are of both, unless in:KEY
# or out:KEY. The outbound one becomes current.
espudp_sas()
{
	local ns=$1 side=$2 child=$3 number=$4 suite=$5 in=() out=() far to

	far=$(other_side "$side")
	shift 5
	while [ $# -gt 0 ]; do
		case $1 in
		in:*) to=in ;;
		out:*) to=out ;;
		*) to=both ;;
		esac
		local words=("${1#*:}")
		case ${1#*:} in
		esn) shift ;;
		*) words+=("$2"); shift 2 ;;
		esac
		[ $to = out ] || in+=("${words[@]}")
		[ $to = in ] || out+=("${words[@]}")
	done
	espudp_in "$ns" sa add id "$(sa_in "$number")" child "$child" dir in spi "$(spi "$number" "$far")" \
		suite "$suite" key "file:$(key_file "$suite" "$number$far")" "${in[@]}" &&
	espudp_in "$ns" sa add id "$(sa_out "$number")" child "$child" dir out spi "$(spi "$number" "$side")" \
		suite "$suite" key "file:$(key_file "$suite" "$number$side")" "${out[@]}" current
}

# two_ends F...: both hosts, with espudp links and peers over these outer families, and servers; no SAs yet.
two_ends()
{
	local f

	setup_ns left right && join "$left" "$right" &&
	espudp_link "$left" left && espudp_link "$right" right || return
	for f; do
		espudp_peer "$left" left "$f" && espudp_peer "$right" right "$f" || return
	done
	traffic_server "$left" && traffic_server "$right"
}

# both_sas CHILD NUMBER SUITE [KEY VALUE]...: SAs on both sides, as espudp_sas.
both_sas()
{
	espudp_sas "$left" left "$@" && espudp_sas "$right" right "$@"
}

# ---- what the module says

# field NAMESPACE OBJECT ID NAME: of one object, as `espudp show -j` has it; the first of that name.
field()
{
	espudp_in "$1" "$2" show "$3" -j | sed -nE "s/^.*\"$4\": *(\"([^\"]*)\"|([^\",}]*)).*/\2\3/p" | head -n 1
}

# dropped NAMESPACE OBJECT ID REASON: how many packets were dropped there for it.
dropped()
{
	local count

	count=$(field "$@")
	echo "${count:-0}"
}

field_is() { [ "$(field "$1" "$2" "$3" "$4")" = "$5" ]; }
field_at_least() { [ "$(field "$1" "$2" "$3" "$4")" -ge "$5" ]; }

# ids NAMESPACE OBJECT: of all that there are.
ids()
{
	espudp_in "$1" "$2" show -j | sed -n 's/^ *"id": *\([0-9]*\).*/\1/p' | xargs
}

has_no() { [ -z "$(ids "$1" "$2")" ]; }

# watch NAMESPACE: collect the events of the module from now on.
watch()
{
	local pid

	unwatch
	: > "$work/events-$1"
	"$bin/enter" "$1" "$ESPUDP" monitor -j > "$work/events-$1" 2> "$work/monitor-$1" &
	pid=$!
	watchers+=("$pid")
	wait_for 10 in_ns "$1" awk -v pid=$pid '$3 == pid && $4 != "00000000" { found = 1 }
		END { exit !found }' /proc/net/netlink
}

# settle NAMESPACE: every event of what has happened so far is there. They come in order, so one of our own ends them.
settle()
{
	settled=$((settled + 1))
	espudp_in "$1" peer add id $((90000 + settled)) dev vpn0 transport 4 &&
	espudp_in "$1" peer del $((90000 + settled)) &&
	wait_for 10 has_events 1 "$1" event=peer_del id=$((90000 + settled))
}

unwatch()
{
	[ ${#watchers[@]} -gt 0 ] || return 0
	kill "${watchers[@]}" 2> /dev/null
	wait "${watchers[@]}" 2> /dev/null
	watchers=()
}

# events NAMESPACE WORD...: how many events came that have all of these members, as name=value.
events()
{
	local file=$work/events-$1 word lines

	shift
	lines=$(cat "$file")
	for word; do
		lines=$(grep -E "\"${word%%=*}\": ?\"?${word#*=}\"?[,} ]" <<< "$lines")
	done
	grep -c . <<< "$lines"
}

has_events() { [ "$(events "${@:2}")" -ge "$1" ]; }

# ---- xfrm on the right side

# xfrm_link: vpn0 as an xfrm interface and policies that say what may pass.
xfrm_link()
{
	local dir from to template

	ip -n "$right" link add vpn0 type xfrm dev wire0 if_id 1 || return
	ip -n "$right" link set vpn0 mtu 1400
	address_link "$right" right
}

# xfrm_peer FAMILY: policies and the socket that takes ESP out of UDP.
xfrm_peer()
{
	local here there local_net remote_net family

	here=$(outer_address right "$1")
	there=$(outer_address left "$1")
	for family in 4 6; do
		local_net=$(network right "$1" $family)
		remote_net=$(network left "$1" $family)
		ip -n "$right" -batch - <<-END || return
			xfrm policy add src $local_net dst $remote_net dir out if_id 1 tmpl src $here dst $there proto esp mode tunnel
			xfrm policy add src $remote_net dst $local_net dir in if_id 1 tmpl src $there dst $here proto esp mode tunnel
		END
	done
	in_ns "$right" "$bin/udpencap" "$here" 4500 > /dev/null
}

# xfrm_algorithm SUITE KEY: as ip-xfrm(8) takes both.
xfrm_algorithm()
{
	local icv cipher

	icv=$(cut -d- -f3 <<< "$1")
	cipher=$((2 * $(cipher_len "$1")))
	case $1 in
	aes-gcm-*) echo "aead rfc4106(gcm(aes)) 0x$2 $((8 * icv))" ;;
	aes-ccm-*) echo "aead rfc4309(ccm(aes)) 0x$2 $((8 * icv))" ;;
	aes-cbc-*) echo "enc cbc(aes) 0x${2:0:cipher} auth-trunc hmac(sha${1##*-sha}) 0x${2:cipher} $((${1##*-sha} / 2))" ;;
	chacha20-*) echo "aead rfc7539esp(chacha20,poly1305) 0x$2 128" ;;
	esac
}

# xfrm_sas FAMILY NUMBER SUITE [esn [SEQUENCE]]: a pair of states; outbound states of before are taken away. SEQUENCE is
# the last number sent and received.
xfrm_sas()
{
	# A host may take the processor away between a number and the wire; what the other processor sends
	# meanwhile is no error, so the window is wide.
	local here there from_left from_right more='replay-window 1024' last=${5:-0}

	here=$(outer_address right "$1")
	there=$(outer_address left "$1")
	from_left=$(xfrm_algorithm "$3" "$(key_hex "$3" "$2left")")
	from_right=$(xfrm_algorithm "$3" "$(key_hex "$3" "$2right")")
	[ "$4" != esn ] || more="replay-window 1024 flag esn"
	[ "$last" = 0 ] || more+=" replay-seq $((last & 0xffffffff)) replay-seq-hi $((last >> 32)) replay-oseq $((last & 0xffffffff)) replay-oseq-hi $((last >> 32))"
	ip -n "$right" xfrm state deleteall src "$here" dst "$there" &&
	ip -n "$right" -batch - <<-END
		xfrm state add src $there dst $here proto esp spi $(spi "$2" left) mode tunnel if_id 1 $more flag af-unspec $from_left encap espinudp 4500 4500 0.0.0.0
		xfrm state add src $here dst $there proto esp spi $(spi "$2" right) mode tunnel if_id 1 $more flag af-unspec $from_right encap espinudp 4500 4500 0.0.0.0
	END
}

# xfrm_errors: the counters of /proc/net/xfrm_stat that are not zero.
xfrm_errors()
{
	in_ns "$right" awk '$2 { print $1 "=" $2 }' /proc/net/xfrm_stat
}

# ---- traffic

# pings NAMESPACE ADDRESS COUNT [OPTION]...: all of them must come back.
pings()
{
	in_ns "$1" ping -n -q -i 0.01 -W 5 -c "$3" "${@:4}" "$2"
}

# traffic_server NAMESPACE: on port 5000 of all its addresses.
traffic_server()
{
	in_ns "$1" "$bin/traffic" serve 5000 > "$work/server-pid"
}

# flood NAMESPACE ADDRESS: pings in the background, until unflood.
flood()
{
	# Not by a function: its process would be a shell, which ignores the signal that is for ping.
	"$bin/enter" "$1" ping -n -i 0.002 -W 5 "$2" > "$work/flood-$1" 2>&1 &
	floods+=("$!")
	wait_for 10 grep -qx ping "/proc/$!/comm"
	flood_logs+=("$work/flood-$1")
}

# unflood: stop them; what they say is left in flood_logs.
unflood()
{
	local deadline=$((SECONDS + 10))

	[ ${#loads[@]} -eq 0 ] || kill "${loads[@]}" 2> /dev/null
	# One that has just been started ignores it at first.
	while kill -INT "${floods[@]}" 2> /dev/null && [ $SECONDS -lt $deadline ]; do
		sleep 0.05
	done
	kill -KILL "${floods[@]}" 2> /dev/null
	wait "${floods[@]}" "${loads[@]}" 2> /dev/null
	floods=()
	loads=()
}

# lossless [MISSING]: stop the floods, each of which may have lost what was under way at that moment, and no other packet, or
# MISSING others (default 0).
lossless()
{
	local log missing=${1:-0}

	unflood
	for log in "${flood_logs[@]}"; do
		grep -H 'packets transmitted' "$log"
		awk -v missing="$missing" '/icmp_seq=/ { split($0, part, "icmp_seq="); n = part[2] + 0; back += !seen[n]++; last = n > last ? n : last }
		     /packets transmitted/ { sent = $1 }
		     END { exit !(back && last - back <= missing && sent - last <= 1) }' "$log" ||
			explain "lost packets" || return
	done
	flood_logs=()
}

tcp()
{
	in_ns "$1" "$bin/traffic" tcp "$2" 5000 "$3"
}

# udp NAMESPACE ADDRESS COUNT SIZE [LAST]
udp()
{
	in_ns "$1" "$bin/traffic" udp "$2" 5000 "${@:3}"
}
