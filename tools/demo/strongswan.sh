# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Debian's strongSwan as a gateway in a network namespace. Sourced by the demo and by the
# interoperation tests; needs bash, root, and a /run and /etc that may be written to.

GATEWAY_VICI=/run/gateway.vici
GATEWAY_LOG=/run/gateway.log
GATEWAY_DIR=/run/gateway
GATEWAY_PID=

# gateway_start NETNS DIRECTORY SECRET-FILE [ID...]: run charon-systemd in NETNS with the
# strongswan.conf and swanctl.conf of DIRECTORY and one pre-shared key for all IDs (none: for everyone).
gateway_start()
{
	local ns=$1 dir=$2 secret=$3 id n=0
	shift 3

	mkdir -p "$GATEWAY_DIR"
	cp "$dir/strongswan.conf" "$dir/swanctl.conf" "$GATEWAY_DIR/"
	{
		printf 'secrets {\n\tike-gateway {\n\t\tsecret = "%s"\n' "$(head -n 1 "$secret")"
		for id; do
			printf '\t\tid-%d = %s\n' "$n" "$id"
			n=$((n + 1))
		done
		printf '\t}\n}\n'
	} > "$GATEWAY_DIR/gateway.secret"
	chmod 600 "$GATEWAY_DIR/gateway.secret"

	rm -f "$GATEWAY_VICI" "$GATEWAY_LOG"
	STRONGSWAN_CONF=$GATEWAY_DIR/strongswan.conf \
		ip netns exec "$ns" charon-systemd > /run/gateway.out 2>&1 &
	GATEWAY_PID=$!
	local deadline=$((SECONDS + 60))
	until [ -S "$GATEWAY_VICI" ] && gateway --stats > /dev/null 2>&1; do
		if [ $SECONDS -ge $deadline ] || ! kill -0 "$GATEWAY_PID" 2> /dev/null; then
			cat /run/gateway.out "$GATEWAY_LOG" >&2
			return 1
		fi
		sleep 0.2
	done
	gateway_load
}

# gateway_load: (re)load credentials and connections.
gateway_load()
{
	gateway --load-creds --file "$GATEWAY_DIR/swanctl.conf" --clear > /run/gateway.load 2>&1 &&
	gateway --load-conns --file "$GATEWAY_DIR/swanctl.conf" >> /run/gateway.load 2>&1 && return
	cat /run/gateway.load >&2
	return 1
}

# gateway ARGS...: swanctl, speaking to that daemon.
gateway()
{
	STRONGSWAN_CONF=$GATEWAY_DIR/strongswan.conf swanctl "$@"
}

# gateway_stop: end it and wait until it has gone.
gateway_stop()
{
	[ -n "$GATEWAY_PID" ] || return 0
	kill "$GATEWAY_PID" 2> /dev/null
	wait "$GATEWAY_PID" 2> /dev/null
	GATEWAY_PID=
}
