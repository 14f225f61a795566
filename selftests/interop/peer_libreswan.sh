# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# libreswan's pluto, without the scripts around it: see peers.sh.

PLUTO_NSS=sql:$PEER_DIR/nss

whack() { in_peer /usr/libexec/ipsec/whack --rundir $PEER_DIR "$@"; }

peer_version() { in_peer /usr/libexec/ipsec/pluto --version | awk '{ print $2; exit }'; }

peer_start()
{
	local kind
	rm -rf $PEER_DIR
	mkdir -p $PEER_DIR/nss
	touch $PEER_DIR/ipsec.secrets
	chmod 600 $PEER_DIR/ipsec.secrets
	in_peer certutil -N -d $PLUTO_NSS --empty-password || return
	# What is added later it does not trust.
	for kind in rsa p256 big; do
		peer_pki $kind && pluto_import $kind || return
	done
	peer_run /usr/libexec/ipsec/pluto --rundir $PEER_DIR --nssdir $PEER_DIR/nss --secretsfile $PEER_DIR/ipsec.secrets \
		--ipsecdir $PEER_DIR --nofork --stderrlog --no-dnssec
	wait_for 60 whack --status && whack --listen > /dev/null
}

peer_stop()
{
	[ -n "$peer_pid" ] || return 0
	whack --shutdown > /dev/null 2>&1
	wait "$peer_pid" 2> /dev/null
	peer_pid=
}

# pluto_import KIND: key and certificates of that kind.
pluto_import()
{
	openssl pkcs12 -export -in "$pki/gw-$1.crt" -inkey "$pki/gw-$1.key" -name "gw-$1" -passout pass: \
		-out "$PEER_DIR/$1.p12" &&
	in_peer pk12util -i "$PEER_DIR/$1.p12" -d $PLUTO_NSS -W '' &&
	in_peer certutil -A -d $PLUTO_NSS -n "ca-$1" -t CT,, -a -i "$pki/ca-$1.crt"
}

declare -gA pluto_word=(
	[aes128gcm]=aes_gcm128 [aes256gcm]=aes_gcm256 [chacha20]=chacha20_poly1305 [aes128]=aes128 [aes256]=aes256
	[sha256]=sha2_256 [sha384]=sha2_384 [sha512]=sha2_512
	[x25519]=dh31 [ecp256]=dh19 [ecp384]=dh20 [ecp521]=dh21 [modp2048]=dh14 [modp3072]=dh15 [modp4096]=dh16)

# Names, but not addresses, have an @.
pluto_id()
{
	case $1 in
	*[!0-9.]*) echo "@$1" ;;
	*) echo "$1" ;;
	esac
}

pluto_proposals()
{
	local enc integ prf ke
	read -r enc integ prf ke <<< "${P[ike]}"
	[ -z "$enc" ] || echo "	ike=${pluto_word[$enc]}-${pluto_word[$prf]}-${pluto_word[$ke]}"
	read -r enc integ ke <<< "${P[esp]}"
	[ "$integ" != - ] || integ=
	[ -z "$enc" ] || echo "	esp=${pluto_word[$enc]}${integ:+-${pluto_word[$integ]}}${ke:+-${pluto_word[$ke]}}"
	[ -n "$ke" ] || [ -z "$enc" ] || echo "	pfs=no"
}

pluto_auth()
{
	if [ "${P[auth]}" = psk ]; then
		echo "	authby=secret"
		return
	fi
	printf '\t%s\n' "leftcert=gw-${P[auth]}" leftsendcert=always "rightca=\"CN=ca-${P[auth]}\"" \
		"authby=$([ "${P[auth]}" = rsa ] && echo rsa-sha2 || echo ecdsa)"
}

pluto_addresses()
{
	if [ -n "${P[pool]}" ]; then
		local base=${P[pool]%.*}
		printf '\t%s\n' "rightaddresspool=$base.10-$base.50" leftmodecfgserver=yes rightmodecfgclient=yes \
			"leftsubnet=${P[peer_ts]}" modecfgdns=192.168.7.53
	elif [ -n "${P[client]}" ]; then
		printf '\t%s\n' leftmodecfgclient=yes rightmodecfgserver=yes "rightsubnet=${P[site_ts]}" leftsubnet=0.0.0.0/0
	else
		printf '\t%s\n' "leftsubnet=${P[peer_ts]}" "rightsubnet=${P[site_ts]}"
	fi
}

peer_load()
{
	{
		echo "conn site"
		printf '\t%s\n' "left=${P[peer_addr]}" "leftid=$(pluto_id "${P[peer_id]}")" \
			"right=${P[site_addr]}" "rightid=$(pluto_id "${P[site_id]}")" \
			ikev2=insist auto=ignore narrowing=yes leftupdown=%disabled dpdaction=clear "retransmit-timeout=15s" \
			${P[mobike]:+mobike=yes} ${P[ppk]:+ppk=insist} \
			${P[dpd]:+"dpddelay=${P[dpd]}s" "dpdtimeout=$((${P[dpd]} * 5))s"} \
			${P[child_life]:+"salifetime=${P[child_life]}s" rekeymargin=5s rekeyfuzz=0%} \
			${P[ike_life]:+"ikelifetime=${P[ike_life]}s" rekeymargin=5s rekeyfuzz=0%}
		pluto_auth
		pluto_proposals
		pluto_addresses
	} > $PEER_DIR/ipsec.conf
	{
		echo ": PSK 0x$(psk_hex)"
		[ -z "${P[ppk]}" ] || echo ": PPKS \"site.key\" 0x$(psk_hex "${P[ppk]}")"
	} > $PEER_DIR/ipsec.secrets
	whack --rereadsecrets > /dev/null
	whack --delete --name site > /dev/null 2>&1
	in_peer /usr/libexec/ipsec/addconn --ctlsocket $PEER_DIR/pluto.ctl --config $PEER_DIR/ipsec.conf --verbose site
	whack --status | grep -q '"site"'
}

peer_initiate() { whack --initiate --name site --asynchronous; }
peer_delete() { whack --terminate --name site; }
peer_rekey_ike() { whack --rekey-ike --name site --asynchronous; }

peer_rekey_child()
{
	case $peer_name in
	libreswan-4) whack --rekey-ipsec --name site --asynchronous ;;
	*) whack --rekey-child --name site --asynchronous ;;
	esac
}

peer_busy() { whack --ddos-busy; }
peer_calm() { whack --ddos-auto; }

peer_states() { on_gw ip xfrm state | grep -c '^src'; }

peer_cannot()
{
	case $1 in
	x448) echo "no X448" ;;
	ed25519) echo "no Ed25519" ;;
	mobike-initiator) echo "does not return COOKIE2 when it has moved (RFC 4555 3.7), so that the IKE SA is closed" ;;
	wait-for-answer) echo "sends with new keys before it has answered" ;;
	*) return 1 ;;
	esac
}
