# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For the tests against strongSwan: a gateway and a site in two namespaces, joined by a wire.
#
#   site: wan0 192.0.2.2, 2001:db8::2         gw: wan0 192.0.2.1, 2001:db8::1
#   vpn0 10.9.0.1, fd00:9::1                  lan0 192.168.7.1, fd00:7::1
#
# A test is a function; check NAME FUNCTION ARGS... runs it and prints its TAP line. What a failed one
# said, and the logs of both daemons, follow as diagnostics.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$top/build/bin:$PATH
export PATH
. "$top/tools/demo/strongswan.sh"

SITE_CONF=/etc/espudp/vpn0.conf
SITE_LOG=/run/site.log
: > "$SITE_LOG"	# not what tests before this one had
export ESPUDP_CONTROL=/run/site.control
helper_pid=
monitor=
tap_count=0
tap_failed=0
work=$(mktemp -d)

check()
{
	local name=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@" > "$work/said" 2>&1; then
		echo "ok $tap_count - $name"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $name"
		{
			tail -n 40 "$work/said"
			on_site espudp show 2>&1
			echo "-- ike-helper"
			tail -n 25 "$SITE_LOG"
			echo "-- the peer"
			tail -n 25 "$GATEWAY_LOG"
		} 2>&1 | sed 's/^/# /'
	fi
}

finish()
{
	local status=$?
	[ -z "$monitor" ] || kill "$monitor" 2> /dev/null
	helper_stop
	gateway_stop
	ip netns del site 2> /dev/null
	ip netns del gw 2> /dev/null
	rm -rf "$work"
	echo "1..$tap_count"
	[ $status -eq 0 ] && [ $tap_failed -eq 0 ] && [ $tap_count -gt 0 ]
	exit $?
}

# wait_for SECONDS COMMAND...: until it succeeds; fails at the deadline.
wait_for()
{
	local deadline=$((SECONDS + $1 * ${ESPUDP_SLOW:-1}))
	shift
	until "$@" > /dev/null 2>&1; do
		if [ $SECONDS -ge $deadline ]; then
			echo "waited in vain for: $*"
			return 1
		fi
		sleep 0.1
	done
}

# The package of the tests of packages has no programs of ours but those that are installed.
if [ -x "$top/build/selftests/bin/enter" ]; then
	on_site() { "$top/build/selftests/bin/enter" site "$@"; }
	on_gw() { "$top/build/selftests/bin/enter" gw "$@"; }
else
	on_site() { ip netns exec site "$@"; }
	on_gw() { ip netns exec gw "$@"; }
fi

network()
{
	trap finish EXIT
	mkdir -p /etc/espudp
	ip netns add site && ip netns add gw || return
	ip link add wan0 netns site type veth peer name wan0 netns gw
	local ns
	for ns in site gw; do
		ip netns exec $ns sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
		ip -n $ns link set lo up
		ip -n $ns link set wan0 up
	done
	ip -n site addr add 192.0.2.2/24 dev wan0
	ip -n gw addr add 192.0.2.1/24 dev wan0
	ip -n site addr add 2001:db8::2/64 dev wan0 nodad
	ip -n gw addr add 2001:db8::1/64 dev wan0 nodad
	ip -n gw link add lan0 type dummy
	ip -n gw link set lan0 up
	ip -n gw addr add 192.168.7.1/24 dev lan0
	ip -n gw addr add fd00:7::1/64 dev lan0 nodad
	ip -n gw route add 10.9.0.1/32 via 192.0.2.2 src 192.168.7.1
	ip -n gw route add fd00:9::1/128 via 2001:db8::2 src fd00:7::1
	(umask 077 && espudp genpsk > /etc/espudp/vpn0.psk && espudp genpsk > /etc/espudp/wrong.psk)
	wait_for 10 on_site ping -n -c 1 -W 1 192.0.2.1
}

# gateway_config [connection=LINE]... [child=LINE]... [local=LINE]... [remote=LINE]...: write the gateway's
# connection with such lines in its sections, and load it.
gateway_config()
{
	local section arg
	local -A lines=([connection]='' [child]='' [local]='' [remote]='')
	for arg; do
		section=${arg%%=*}
		lines[$section]+="${arg#*=}"$'\n'
	done
	[[ ${lines[child]} == *remote_ts* ]] ||
		lines[child]+="remote_ts = 10.9.0.1/32, fd00:9::1/128"$'\n'
	[[ ${lines[child]} == *local_ts* ]] ||
		lines[child]+="local_ts = 192.168.7.0/24, fd00:7::/64"$'\n'
	[[ ${lines[connection]} == *remote_addrs* ]] ||
		lines[connection]+="remote_addrs = 192.0.2.2"$'\n'
	[[ ${lines[connection]} == *local_addrs* ]] ||
		lines[connection]+="local_addrs = 192.0.2.1"$'\n'
	cat > "$GATEWAY_DIR/swanctl.conf" <<-END
	connections {
	site {
	version = 2
	${lines[connection]}
	local {
	auth = psk
	${lines[local]}
	}
	remote {
	auth = psk
	${lines[remote]}
	}
	children {
	lan {
	${lines[child]}
	}
	}
	}
	}
	include gateway.secret
	END
	gateway --terminate --ike site --force > /dev/null 2>&1
	gateway_load
}

# link_config FILE DEFAULTS [interface=LINE]... [peer=LINE]...: write a configuration with such lines in its sections, and
# those of the array DEFAULTS whose keys are not in them.
link_config()
{
	local arg section key
	local -n defaults=$2
	local -A lines=([interface]='' [peer]='')
	for arg in "${@:3}"; do
		case $arg in
		interface=*|peer=*) lines[${arg%%=*}]+="${arg#*=}"$'\n' ;;
		esac
	done
	for arg in "${defaults[@]}"; do
		section=${arg%%=*} key=${arg#*=}
		[[ ${lines[$section]} == *"${key%% *}"* ]] || lines[$section]+="$key"$'\n'
	done
	printf '[Interface]\n%s\n[Peer]\n%s\n' "${lines[interface]}" "${lines[peer]}" > "$1"
}

# shellcheck disable=SC2034 # link_config is given its name
site_lines=('interface=Address = 10.9.0.1/32, fd00:9::1/128' 'peer=Endpoint = 192.0.2.1' 'peer=PSK = file:vpn0.psk'
	'peer=AllowedIPs = 192.168.7.0/24, fd00:7::/64')

# site_config [interface=LINE]... [peer=LINE]...: write the site's configuration; defaults as in the README.
site_config() { link_config "$SITE_CONF" site_lines "$@"; }

helper_start()
{
	ip netns exec site ike-helper "$@" >> "$SITE_LOG" 2>&1 &
	helper_pid=$!
	wait_for 20 helper_answers
}

helper_answers()
{
	on_site espudp show > "$work/show" && ! grep -q 'not running' "$work/show"
}

helper_stop()
{
	[ -n "$helper_pid" ] || return 0
	kill "$helper_pid" 2> /dev/null
	wait "$helper_pid" 2> /dev/null
	helper_pid=
}

# up [SECONDS]: bring the site's tunnel up; down: take it away.
up() { on_site espudp up vpn0 --wait "${1:-20}"; }
down() { on_site espudp down vpn0; }

# field NAME: the first value of that name in `espudp show -j`.
field()
{
	on_site espudp show vpn0 -j | tr -d '\n' | grep -o "\"$1\": *\(\"[^\"]*\"\|[^],} ]*\)" |
		sed -n '1s/^[^:]*: *"\{0,1\}\(.*[^"]\)"\{0,1\}$/\1/p'
}

field_is() { [ "$(field "$1")" = "$2" ]; }
field_changed() { local now; now=$(field "$1"); [ -n "$now" ] && [ "$now" != "$2" ]; }
field_has() { field "$1" | grep -q -- "$2"; }
shown() { on_site espudp show vpn0 -j | grep -q -- "$1"; }
is_up() { field_is state up; }
is_not_up() { ! is_up; }
peer_forgot() { ! gateway --list-sas | grep -q ESTABLISHED; }

# ping both ways; v4, v6 or both.
pings()
{
	case ${1:-both} in
	v4|both)
		on_site ping -n -q -c 2 -i 0.2 -W 2 192.168.7.1 &&
		on_gw ping -n -q -c 2 -i 0.2 -W 2 10.9.0.1 || return ;;
	esac
	case ${1:-both} in
	v6|both)
		on_site ping -n -q -c 2 -i 0.2 -W 2 -I fd00:9::1 fd00:7::1 &&
		on_gw ping -n -q -c 2 -i 0.2 -W 2 -I fd00:7::1 fd00:9::1 || return ;;
	esac
}

# listen: from now on what the helper tells is in $work/events; again when there is another helper.
listen()
{
	[ -z "$monitor" ] || kill "$monitor" 2> /dev/null
	# Not by a function: its process would be a shell, which leaves the command behind when it is killed.
	ip netns exec site espudp monitor -j >> "$work/events" 2>&1 &
	monitor=$!
}

# told CAUSE: with the remedy, wherever one may look.
told()
{
	local remedy

	wait_for 20 field_is cause "$1" && remedy=$(field remedy) && [ -n "$remedy" ] || { echo "show -j"; return 1; }
	on_site espudp show vpn0 | grep -qF -- "remedy: $remedy" || { echo "show"; return 1; }
	wait_for 10 grep -q "\"event\": \"failed\".*\"cause\": \"$1\", \"remedy\": \"" "$work/events" ||
		{ echo "monitor"; cat "$work/events"; return 1; }
	grep -qF -- "; remedy: $remedy" "$SITE_LOG" || { echo "log"; return 1; }
}

forget() { : > "$work/events"; : > "$SITE_LOG"; }

# refused CAUSE WORDS: up fails, for that cause, and says a reason that has WORDS (a regular expression).
refused()
{
	forget
	if up 2; then
		echo "it came up"
		return 1
	fi
	told "$1" && is_not_up || return
	field reason
	field_has reason "$2" || return
	! on_site espudp sa show -j | grep -q '"spi"'
}

# How many packets the peer's kernel could not send because the SA that it had chosen went away under them: its xfrm takes
# note of that, and whoever deletes an SA while another processor sends by it may see it happen. A tunnel that is missing
# is counted elsewhere and is no excuse.
peer_dropped() { on_gw awk '$1 == "XfrmOutStateInvalid" { n = $2 } END { print n + 0 }' /proc/net/xfrm_stat; }

# lossless COMMAND...: run it under a ping of 50 packets a second in each direction; nothing may be lost but what the
# peer's own kernel says that it did not send.
lossless()
{
	local status dropped
	dropped=$(peer_dropped)
	# Without a function between, so that $! is ping itself.
	ip netns exec site ping -n -i 0.02 -W 2 192.168.7.1 > "$work/ping.site" 2>&1 &
	local p1=$!
	ip netns exec gw ping -n -i 0.02 -W 2 10.9.0.1 > "$work/ping.gw" 2>&1 &
	local p2=$!
	sleep 0.5	# some packets on the old keys first
	"$@"
	status=$?
	sleep 1		# and some on the new ones
	kill -INT $p1 $p2
	wait $p1 $p2
	[ $status -eq 0 ] || echo "the command failed: $*"
	dropped=$(($(peer_dropped) - dropped))
	[ $dropped -eq 0 ] || echo "packets that the peer's kernel did not send: $dropped"
	local may_lose=$((${may_lose:-0} + dropped))
	none_missing "$work/ping.site" && none_missing "$work/ping.gw" && [ $status -eq 0 ] && return
	on_gw awk '$2' /proc/net/xfrm_stat
	on_site espudp stats vpn0
	return 1
}

# none_missing FILE: in what ping printed no sequence number is missing but those that were still on
# their way when it was stopped; ping itself counts those as lost. $may_lose, if set, may be missing after all.
none_missing()
{
	awk -v may_lose="${may_lose:-0}" '
	match($0, /icmp_seq=[0-9]+/) {
		seq = substr($0, RSTART + 9, RLENGTH - 9) + 0
		if (/ bytes from / && !(seq in seen)) { seen[seq]; if (seq > last) last = seq }
	}
	/packets transmitted/ { sent = $1 }
	END {
		for (i = 1; i <= last; i++)
			if (!(i in seen)) { print FILENAME ": lost: packet", i, "of", sent; lost++ }
		if (sent < 1 || sent - last > 25) { print FILENAME ": the last answer is to", last + 0, "of", sent + 0; lost++ }
		exit lost > may_lose + 0
	}' "$1"
}
