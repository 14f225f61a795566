# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# strongSwan's charon: see peers.sh. tools/demo/strongswan.sh starts it.

peer_version() { swanctl --help 2>&1 | grep -o -m 1 'strongSwan [0-9.]*' | cut -d' ' -f2; }

# strongswan_programs: what of its root is called like the programs of this machine.
strongswan_programs()
{
	local name
	rm -rf "$work/bin"
	[ -n "$peer_root" ] || return 0
	mkdir -p "$work/bin"
	for name in charon-systemd swanctl; do
		printf '#!/bin/sh\nexec chroot %s /usr/sbin/%s "$@"\n' "$peer_root" "$name" > "$work/bin/$name"
		chmod +x "$work/bin/$name"
	done
}

# Through loss what it asks needs as many tries as what we ask: eleven in 99 seconds, where its own way is six in 165.
CHARON_TRIES='retransmit_timeout = 1\n\tretransmit_base = 1.4\n\tretransmit_tries = 10'

peer_start()
{
	PATH=$work/bin:${PATH#"$work/bin:"}
	hash -r
	strongswan_programs
	GATEWAY_LOG=/run/gateway.log
	pki_gateway_start "fragment_size = 1280\\n\\t$CHARON_TRIES" && peer_pid=$GATEWAY_PID && gateway_follows
}

# Where others look for its log.
gateway_follows() { ln -sf "$GATEWAY_LOG" "$PEER_LOG"; }

peer_stop()
{
	gateway_stop
	peer_pid=
}

declare -gA charon_word=(
	[aes128gcm]=aes128gcm16 [aes256gcm]=aes256gcm16 [chacha20]=chacha20poly1305 [aes128]=aes128 [aes256]=aes256)

charon_proposals()
{
	local enc integ prf ke
	read -r enc integ prf ke <<< "${P[ike]}"
	[ "$integ" != - ] || integ=
	[ -z "$enc" ] || echo "connection=proposals = ${charon_word[$enc]}${integ:+-$integ}-prf$prf-${ke/x25519/curve25519}"
	read -r enc integ ke <<< "${P[esp]}"
	[ "$integ" != - ] || integ=
	[ -z "$enc" ] || echo "child=esp_proposals = ${charon_word[$enc]}${integ:+-$integ}${ke:+-${ke/x25519/curve25519}}"
}

charon_auth()
{
	printf '%s\n' "local=id = ${P[peer_id]}" "remote=id = ${P[site_id]}"
	[ "${P[auth]}" = psk ] || printf '%s\n' 'local=auth = pubkey' 'local=certs = gw.crt' \
		'remote=auth = pubkey' 'remote=cacerts = ca.crt'
}

charon_addresses()
{
	printf '%s\n' "connection=local_addrs = ${P[peer_addr]}" "connection=remote_addrs = ${P[site_addr]}"
	if [ -n "${P[pool]}" ]; then
		printf '%s\n' 'connection=pools = four' "child=local_ts = ${P[peer_ts]}" 'child=remote_ts = dynamic'
	elif [ -n "${P[client]}" ]; then
		printf '%s\n' 'connection=vips = 0.0.0.0' 'child=local_ts = dynamic' "child=remote_ts = ${P[site_ts]}"
	else
		printf '%s\n' "child=local_ts = ${P[peer_ts]}" "child=remote_ts = ${P[site_ts]}"
	fi
}

charon_lifetimes()
{
	[ -z "${P[child_life]}" ] || echo "child=rekey_time = ${P[child_life]}"
	[ -z "${P[ike_life]}" ] || echo "connection=rekey_time = ${P[ike_life]}"
	[ -z "${P[dpd]}" ] || echo "connection=dpd_delay = ${P[dpd]}"
	[ -n "${P[mobike]}" ] || echo "connection=mobike = no"
	[ -z "${P[ppk]}" ] || printf '%s\n' 'connection=ppk_id = site.key' 'connection=ppk_required = yes'
}

charon_secrets()
{
	printf 'secrets {\n\tike-gateway {\n\t\tsecret = 0x%s\n\t}\n' "$(psk_hex)"
	[ -z "${P[ppk]}" ] || printf '\tppk-site {\n\t\tid = site.key\n\t\tsecret = 0x%s\n\t}\n' "$(psk_hex "${P[ppk]}")"
	echo '}'
}

peer_load()
{
	local lines
	[ "${P[auth]}" = psk ] || gateway_has "gw-${P[auth]}" "ca-${P[auth]}" || return
	mapfile -t lines < <(charon_proposals; charon_auth; charon_addresses; charon_lifetimes)
	charon_secrets > "$GATEWAY_DIR/gateway.secret"
	gateway_config "${lines[@]}" || return
	[ -n "${P[pool]}" ] || return 0
	printf 'pools {\n\tfour {\n\t\taddrs = %s\n\t\tdns = 192.168.7.53\n\t}\n}\n' "${P[pool]}" >> "$GATEWAY_DIR/swanctl.conf"
	gateway --load-pools --file "$GATEWAY_DIR/swanctl.conf" && gateway_load
}

peer_initiate() { gateway --initiate --child lan --timeout "${1:-20}"; }
peer_delete() { gateway --terminate --ike site; }
peer_rekey_ike() { gateway --rekey --ike site; }
peer_rekey_child() { gateway --rekey --child lan; }

# Three half-open IKE SAs of an address are enough.
peer_busy() { :; }
peer_calm() { :; }

peer_states() { on_gw ip xfrm state | grep -c '^src'; }

peer_cannot()
{
	return 1
}
