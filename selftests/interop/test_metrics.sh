#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 180
#
# Metrics on standard output, in a file and over HTTP; a log in JSON; a failure with its cause and its remedy in
# log, show, monitor and metrics. Both ends are ours.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/own.sh"

checker() { "$top/tools/openmetrics.py" "$work/names" < "$1"; }
metrics() { on_site espudp metrics > "$work/metrics" && checker "$work/metrics"; }
has() { grep -q -- "$1" "$work/metrics"; }

refused_secret()
{
	site_config 'peer=PSK = file:wrong.psk'
	ip netns exec site espudp monitor -j > "$work/events" &
	local monitor=$!
	! on_site espudp up vpn0 --wait 1 > /dev/null 2> "$work/up"
	wait_for 30 grep -q '"event": "failed".*"cause": "auth-peer", "remedy": "compare PSK' "$work/events"
	local status=$?
	kill $monitor
	wait $monitor 2> /dev/null
	cat "$work/events"
	return $status
}

in_show() { field_is cause auth-peer && on_site espudp show vpn0 | grep -q 'remedy: compare PSK'; }
in_log() { grep -q '"event":"failed","link":"vpn0","text":".*AUTHENTICATION_FAILED.*; remedy: compare PSK' "$SITE_LOG"; }
in_gateway_log() { wait_for 20 grep -q 'does not fit our pre-shared key; remedy: give both ends the same PSK' "$GW_LOG"; }
in_metrics() { metrics && has '^espudp_link_failures_total{link="vpn0",cause="auth-peer"} [1-9]' && has '^espudp_link_up{link="vpn0"} 0$'; }
is_json() { grep -v '^{' "$SITE_LOG" | grep . && return 1; python3 -c 'import json,sys; [json.loads(l) for l in sys.stdin]' < "$SITE_LOG"; }

up_again()
{
	site_config && on_site espudp reload vpn0 && wait_for 60 is_up && pings && metrics &&
	has '^espudp_link_up{link="vpn0"} 1$' && has '^espudp_link_state{link="vpn0",espudp_link_state="up"} 1$' &&
	has '^espudp_link_ike_sas{link="vpn0",state="established"} 1$' && has '^espudp_link_child_sas{link="vpn0"} 1$' &&
	has '^espudp_link_receive_packets_total{link="vpn0"} [1-9]' && has '^espudp_link_mtu_bytes{link="vpn0"} 1[0-9][0-9][0-9]$' &&
	has '^espudp_link_events_total{link="vpn0",event="ike_up"} 1$' && has '^espudp_link_rekey_seconds{link="vpn0",sa="child"}'
}

# Where Prometheus is: its checker, and the reader of its database.

in_file()
{
	on_site espudp metrics file "$work/espudp.prom" && checker "$work/espudp.prom" &&
	[ "$(stat -c %a "$work/espudp.prom")" = 644 ] && [ -z "$(find "$work" -name 'espudp.prom.*')" ] &&
	! on_site espudp metrics file /nowhere/espudp.prom
}

# get PATH [METHOD]: into $work/http, header and body.
get()
{
	on_site python3 - "$1" "${2:-GET}" > "$work/http" <<-'END'
	import socket, sys
	s = socket.create_connection(("127.0.0.1", 9999), 20)
	s.sendall(f"{sys.argv[2]} {sys.argv[1]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
	sys.stdout.write(b"".join(iter(lambda: s.recv(65536), b"")).decode())
	END
}

over_http()
{
	ip netns exec site espudp metrics listen 9999 &
	server=$!
	wait_for 20 get /metrics && grep -q '^HTTP/1.1 200 OK' "$work/http" &&
	grep -q 'Content-Type: application/openmetrics-text' "$work/http" &&
	sed '1,/^\r$/d' "$work/http" > "$work/body" && checker "$work/body"
}

http_refusals()
{
	get /elsewhere && grep -q '^HTTP/1.1 404' "$work/http" || return
	get /metrics POST && grep -q '^HTTP/1.1 405' "$work/http" || return
	get "/$(printf 'x%.0s' {1..6000})" ; grep -q '^HTTP/1.1 200' "$work/http" && return 1
	# Only the loopback address.
	! on_site python3 -c 'import socket; socket.create_connection(("192.0.2.2", 9999), 5)' 2> /dev/null &&
	get /metrics && grep -q '^HTTP/1.1 200' "$work/http"
	local status=$?
	kill $server
	wait $server 2> /dev/null
	return $status
}

own_network || { echo "Bail out! no network"; exit 1; }
gw_config
gw_start || { echo "Bail out! no gateway"; exit 1; }
helper_start --log-format=json || { echo "Bail out! no ike-helper"; exit 1; }
espudp metrics names > "$work/names"

check "another secret: monitor says the cause and the remedy" refused_secret
check "so does show" in_show
check "so does the log, in JSON" in_log
check "and the log of the other end" in_gateway_log
check "it is counted" in_metrics
check "up again" up_again
check "every line of the log is JSON" is_json
check "into a file" in_file
check "over HTTP" over_http
check "what is refused over HTTP" http_refusals
