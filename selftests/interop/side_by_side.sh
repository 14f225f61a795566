#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
#
# The same three tasks with espudp, strongSwan, libreswan and WireGuard, in the namespace gw, towards ike-helper (or
# WireGuard) in the namespace site: what side-by-side/README.md says is compared with what happens here.

here=$(dirname "$0")
. "$here/lib.sh"
. "$here/own.sh"
. "$here/pki.sh"
. "$here/peers.sh"

files=$here/side-by-side
page=$files/README.md
transcript=$work/transcript

# typed "WORDS" COMMAND...: what a person types, and what it is here.
typed()
{
	local status

	echo "\$ $1" >> "$transcript"
	"${@:2}" > "$work/answer" 2>&1
	status=$?
	tee -a "$transcript" < "$work/answer"
	return $status
}

task() { echo "== $*" >> "$transcript"; }

# told PRODUCT TASK FILE...: so many lines are in these files, and so many commands were typed; the page says as many.
told()
{
	local lines commands

	lines=$(cd "$files" && cat "${@:3}" | grep -c '[^[:space:]]')
	commands=$(awk '/^== /{ n = 0 } /^[$] /{ n++ } END { print n }' "$transcript")
	in_page "$1" "$2: lines" "$lines" && in_page "$1" "$2: commands" "$commands"
}

# in_page PRODUCT ROW NUMBER: the page has a table: | row | espudp | strongSwan | libreswan | WireGuard |
in_page()
{
	local -A column=([espudp]=3 [strongswan]=4 [libreswan]=5 [wireguard]=6)
	local said

	said=$(awk -F ' *[|] *' -v row="$2" -v at="${column[$1]}" '$2 == row { print $at; exit }' "$page")
	[ "$said" = "$3" ] || { echo "$1: $2: $3, and the page says '$said'"; return 1; }
}

# said TEXT: it was in the last answer, and it is on the page.
said()
{
	grep -qF -- "$1" "$work/answer" || { echo "not said: $1"; cat "$work/answer"; return 1; }
	grep -qF -- "$1" "$page" || { echo "not on the page: $1"; return 1; }
}

# far LINE...: the other end waits, with such lines beside.
far()
{
	down > /dev/null 2>&1
	site_config 'interface=Address = 10.9.0.1/32' 'peer=Start = no' 'peer=AllowedIPs = 192.168.7.0/24' "$@" && up
}

# It gives addresses to whom has a certificate.
far_gateway()
{
	down > /dev/null 2>&1
	cp "$pki/site-rsa.crt" /etc/espudp/vpn0.crt && cp "$pki/site-rsa.key" /etc/espudp/vpn0.key &&
	cp "$pki/ca-rsa.crt" /etc/espudp/ca.crt && chmod 600 /etc/espudp/vpn0.key || return
	printf '%s\n' '[Interface]' 'Address = 10.99.0.1/24' 'Certificate = file:vpn0.crt' '[Peer]' 'CA = ca.crt' \
		'RemoteID = *.example.com' 'Pool = 10.99.0.0/24' 'LocalIPs = 10.99.0.1/32' > "$SITE_CONF"
	up
}

fill() { sed "s|@PSK@|0x$(psk_hex)|" "$files/$1"; }
rests() { ! gateway --list-sas 2> /dev/null | grep -q ESTABLISHED; }

# ---- espudp

espudp_site()
{
	mkdir -p /run/gw
	cp "$files/espudp-site.conf" /run/gw/vpn0.conf && cp /etc/espudp/vpn0.psk /run/gw/vpn0.psk || return
	ip -n gw link del lan0
	ip -n gw route del 10.9.0.1/32 2> /dev/null
	task "espudp: site to site"
	far && typed "espudp up vpn0" on_gw_control espudp up /run/gw/vpn0.conf --wait 40 &&
	wait_for 20 on_site ping -n -c 1 -W 1 192.168.7.1 && told espudp "site to site" espudp-site.conf
	local status=$?
	on_gw_control espudp down vpn0
	return $status
}

espudp_fails()
{
	task "espudp: wrong secret"
	far 'peer=PSK = file:wrong.psk' || return
	! typed "espudp up vpn0" on_gw_control espudp up /run/gw/vpn0.conf --wait 20 &&
	said 'the peer answers AUTHENTICATION_FAILED to IKE_AUTH (credentials or identities differ)' &&
	said 'remedy: compare PSK or certificates, LocalID and RemoteID with those of the peer'
	local status=$?
	on_gw_control espudp down vpn0
	return $status
}

espudp_client()
{
	mkdir -p /run/gw
	cp "$files/espudp-client.conf" /run/gw/vpn0.conf && cp "$pki/gw-rsa.crt" /run/gw/vpn0.crt &&
	cp "$pki/gw-rsa.key" /run/gw/vpn0.key && cp "$pki/ca-rsa.crt" /run/gw/ca.crt && chmod 600 /run/gw/vpn0.key || return
	task "espudp: certificate client"
	far_gateway && typed "espudp up vpn0" on_gw_control espudp up /run/gw/vpn0.conf --wait 40 &&
	wait_for 20 on_gw ping -n -c 1 -W 1 10.99.0.1 && told espudp "certificate client" espudp-client.conf
	local status=$?
	on_gw_control espudp down vpn0
	return $status
}

# ---- strongSwan

strongswan_begins()
{
	peer_use strongswan-5 && peer_start && typed "swanctl --version" gateway --version
}

strongswan_site()
{
	fill strongswan-site.conf > "$GATEWAY_DIR/swanctl.conf"
	task "strongSwan: site to site"
	far && typed "swanctl --load-all" gateway --load-all --file "$GATEWAY_DIR/swanctl.conf" &&
	typed "swanctl --initiate --child lan" gateway --initiate --child lan --timeout 40 &&
	wait_for 20 on_site ping -n -c 1 -W 1 192.168.7.1 && told strongswan "site to site" strongswan-site.conf
	local status=$?
	gateway --terminate --ike site > /dev/null 2>&1
	return $status
}

strongswan_fails()
{
	task "strongSwan: wrong secret"
	far 'peer=PSK = file:wrong.psk' || return
	! typed "swanctl --initiate --child lan" gateway --initiate --child lan --timeout 20 &&
	said "received AUTHENTICATION_FAILED notify error"
}

strongswan_client()
{
	gateway_has gw-rsa ca-rsa && cp "$files/strongswan-client.conf" "$GATEWAY_DIR/swanctl.conf" || return
	task "strongSwan: certificate client"
	far_gateway && typed "swanctl --load-all" gateway --load-all --file "$GATEWAY_DIR/swanctl.conf" &&
	typed "swanctl --initiate --child lan" gateway --initiate --child lan --timeout 40 &&
	ip -n gw route replace 10.99.0.1/32 via 192.0.2.2 && wait_for 20 on_gw ping -n -c 1 -W 1 -I 10.99.0.2 10.99.0.1 &&
	told strongswan "certificate client" strongswan-client.conf
	local status=$?
	ip -n gw route del 10.99.0.1/32 2> /dev/null
	gateway --terminate --ike home > /dev/null 2>&1
	return $status
}

# ---- libreswan: pluto without its scripts; the words are those of ipsec(8), which runs the same programs

libreswan_add()
{
	cp "$1" $PEER_DIR/ipsec.conf
	whack --rereadsecrets > /dev/null
	in_peer /usr/libexec/ipsec/addconn --ctlsocket $PEER_DIR/pluto.ctl --config $PEER_DIR/ipsec.conf --verbose "$2"
}

libreswan_add_site() { libreswan_add "$files/libreswan-site.conf" site; }
# Bounded, since it waits for as long as pluto tries.
whack_up()
{
	ip netns exec gw timeout 30 ${peer_root:+chroot "$peer_root"} /usr/libexec/ipsec/whack --rundir $PEER_DIR --initiate --name "$1"
}

libreswan_begins()
{
	peer_use libreswan-4 && peer_start && typed "ipsec --version" peer_version
}

libreswan_site()
{
	fill libreswan-site.secrets > $PEER_DIR/ipsec.secrets
	task "libreswan: site to site"
	far && typed "ipsec auto --add site" libreswan_add_site &&
	typed "ipsec auto --up site" whack_up site &&
	wait_for 20 on_site ping -n -c 1 -W 1 192.168.7.1 &&
	told libreswan "site to site" libreswan-site.conf libreswan-site.secrets
	local status=$?
	whack --delete --name site > /dev/null 2>&1
	return $status
}

libreswan_fails()
{
	task "libreswan: wrong secret"
	far 'peer=PSK = file:wrong.psk' && libreswan_add "$files/libreswan-site.conf" site || return
	typed "ipsec auto --up site" whack_up site
	said "IKE SA authentication request rejected by peer: AUTHENTICATION_FAILED"
	local status=$?
	whack --delete --name site > /dev/null 2>&1
	return $status
}

libreswan_client()
{
	task "libreswan: certificate client"
	far_gateway && typed "ipsec auto --add home" libreswan_add "$files/libreswan-client.conf" home &&
	typed "ipsec auto --up home" whack_up home &&
	[ "$(peer_states)" -eq 2 ] && told libreswan "certificate client" libreswan-client.conf
	local status=$?
	whack --delete --name home > /dev/null 2>&1
	return $status
}

# ---- WireGuard: no certificates, no addresses

# wireguard_far KEY PEER-KEY: the other end, by hand.
wireguard_far()
{
	ip -n site link add vpn1 type wireguard && ip -n site addr add 10.9.0.1/32 dev vpn1 &&
	on_site wg set vpn1 private-key <(echo "$1") listen-port 51820 peer "$2" endpoint 192.0.2.1:51820 \
		allowed-ips 192.168.7.0/24 && ip -n site link set vpn1 up && ip -n site route add 192.168.7.0/24 dev vpn1
}

# wireguard_near KEY PEER-KEY
wireguard_near()
{
	mkdir -p /run/wg && (umask 077 && sed "s|@PRIVATE@|$1|; s|@PUBLIC@|$2|" "$files/wireguard-site.conf" > /run/wg/vpn1.conf)
}

wireguard_site()
{
	down > /dev/null 2>&1
	ip -n gw link del lan0 2> /dev/null
	ip -n gw route del 10.9.0.1/32 2> /dev/null
	gw_key=$(wg genkey) site_key=$(wg genkey)
	task "WireGuard: site to site"
	wireguard_far "$site_key" "$(wg pubkey <<< "$gw_key")" && wireguard_near "$gw_key" "$(wg pubkey <<< "$site_key")" &&
	typed "wg-quick up vpn1" on_gw wg-quick up /run/wg/vpn1.conf &&
	wait_for 20 on_site ping -n -c 1 -W 1 -I 10.9.0.1 192.168.7.1 && told wireguard "site to site" wireguard-site.conf
}

wireguard_fails()
{
	task "WireGuard: wrong key"
	on_gw wg-quick down /run/wg/vpn1.conf
	wireguard_near "$(wg genkey)" "$(wg pubkey <<< "$site_key")" &&
	typed "wg-quick up vpn1" on_gw wg-quick up /run/wg/vpn1.conf || return
	! on_gw ping -n -c 3 -W 1 10.9.0.1 && typed "wg show vpn1" on_gw wg show vpn1 &&
	! grep -q handshake "$work/answer" && said "0 B received"
}

network || { echo "Bail out! no network"; exit 1; }
trap own_finish EXIT
declare -A P=([psk]=/etc/espudp/vpn0.psk [auth]=psk)
peer_pki rsa || { echo "Bail out! no certificates"; exit 1; }
printf '%s\n' '192.0.2.2 site.example.com' '192.0.2.1 gw.example.com' >> /etc/hosts
helper_start
check "strongSwan starts" strongswan_begins
check "strongSwan: site to site" strongswan_site
check "strongSwan: what a wrong secret says" strongswan_fails
check "strongSwan: a client with a certificate" strongswan_client
gateway_stop
if peer_use libreswan-4; then
	check "libreswan starts" libreswan_begins
	check "libreswan: site to site" libreswan_site
	check "libreswan: what a wrong secret says" libreswan_fails
	check "libreswan: a client with a certificate" libreswan_client
	peer_stop
fi
check "espudp: site to site" espudp_site
check "espudp: what a wrong secret says" espudp_fails
check "espudp: a client with a certificate" espudp_client
check "WireGuard: site to site" wireguard_site
check "WireGuard: what a wrong key says" wireguard_fails
sed 's/^/# /' "$transcript"
