# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# openiked: see peers.sh. It gives its SAs to the kernel by PF_KEY, where Linux has no AEAD, and where HMAC-SHA-256 goes by
# another name than openiked was built for; HMAC-SHA-512 is the same for both. There is no command for a rekey: it does
# that when lifetimes say so.

IKED_CONF=$PEER_DIR/iked.conf
IKED_SOCKET=$PEER_DIR/iked.sock

ikectl() { in_peer /usr/sbin/ikectl -s $IKED_SOCKET "$@"; }

peer_version() { chroot "$peer_root" dpkg-query -W -f '${Version}' openiked | sed 's/-.*//'; }

peer_start()
{
	rm -rf $PEER_DIR
	mkdir -p $PEER_DIR
	iked_files || return
	(umask 077 && echo 'set passive' > $IKED_CONF)
	modprobe -q af_key
	peer_run /usr/sbin/iked -d -v -f $IKED_CONF -s $IKED_SOCKET
	wait_for 30 ikectl show sa
}

peer_stop() { peer_kill TERM; }

# Its own key and what it believes are found by place. There has to be a key in any case.
iked_files()
{
	local kind=${P[auth]:-psk}
	[ "$kind" != psk ] || kind=p256
	peer_pki $kind || return
	rm -f "$peer_root"/etc/iked/{ca,certs,private}/* "$peer_root/etc/iked/local.pub"
	cp "$pki/ca-$kind.crt" "$peer_root/etc/iked/ca/ca.crt" &&
	cp "$pki/gw-$kind.crt" "$peer_root/etc/iked/certs/gw.crt" &&
	cp "$pki/gw-$kind.key" "$peer_root/etc/iked/private/local.key" &&
	openssl pkey -in "$pki/gw-$kind.key" -pubout -out "$peer_root/etc/iked/local.pub" &&
	chmod 644 "$peer_root"/etc/iked/{ca,certs}/* "$peer_root/etc/iked/local.pub" &&
	chmod -R go= "$peer_root/etc/iked/private"
}

declare -gA iked_word=(
	[aes128gcm]=aes-128-gcm [aes256gcm]=aes-256-gcm [chacha20]=chacha20-poly1305 [aes128]=aes-128 [aes256]=aes-256
	[sha256]=hmac-sha2-256 [sha384]=hmac-sha2-384 [sha512]=hmac-sha2-512
	[x25519]=curve25519 [ecp256]=ecp256 [ecp384]=ecp384 [ecp521]=ecp521
	[modp2048]=modp2048 [modp3072]=modp3072 [modp4096]=modp4096)

iked_proposals()
{
	local enc integ prf ke
	read -r enc integ prf ke <<< "${P[ike]}"
	[ "$integ" != - ] || integ=
	[ -z "$enc" ] || echo " ikesa enc ${iked_word[$enc]} ${integ:+auth ${iked_word[$integ]}}" \
		"prf ${iked_word[$prf]} group ${iked_word[$ke]}"
	read -r enc integ ke <<< "${P[esp]:-aes256 sha512}"
	[ "$integ" != - ] || integ=
	echo " childsa enc ${iked_word[$enc]} ${integ:+auth ${iked_word[$integ]}} ${ke:+group ${iked_word[$ke]}}"
}

iked_policy()
{
	local site=${P[site_addr]} to=${P[site_ts]} from=${P[peer_ts]}
	[ "$site" != %any ] || site=any
	[ -z "${P[pool]}" ] || to=dynamic
	[ -z "${P[client]}" ] || from=dynamic
	{
		echo "set dpd_check_interval ${P[dpd]:-60}"
		echo 'set fragmentation'
		[ -z "${P[mobike]}" ] && echo 'set nomobike' || echo 'set mobike'
		printf 'ikev2 "site" %s esp from %s to %s local %s peer %s' "$1" "$from" "$to" "${P[peer_addr]}" "$site"
		iked_proposals | tr -d '\n'
		printf ' srcid %s dstid %s' "${P[peer_id]}" "${P[site_id]}"
		printf '%s' "${P[ike_life]:+ ikelifetime ${P[ike_life]}}" "${P[child_life]:+ lifetime ${P[child_life]}}"
		[ "${P[auth]}" != psk ] || printf ' psk 0x%s' "$(psk_hex)"
		[ -z "${P[pool]}" ] || printf ' config address %s config name-server 192.168.7.53' "${P[pool]}"
		[ -z "${P[client]}" ] || printf ' request address any iface lan0'
		echo
	} > $IKED_CONF
}

# What is there of before goes with its policy.
peer_load()
{
	iked_policy passive
	iked_files && in_peer /usr/sbin/iked -n -f $IKED_CONF && ikectl reset all > /dev/null && ikectl load $IKED_CONF
}

peer_initiate() { iked_policy active && ikectl load $IKED_CONF; }
peer_delete()
{
	case ${P[site_id]} in
	*[!0-9.]*) ikectl reset id "FQDN/${P[site_id]}" ;;
	*) ikectl reset id "IPV4/${P[site_id]}" ;;
	esac
}

peer_rekey_ike() { echo "at its own time"; }
peer_rekey_child() { echo "at its own time"; }

# But not what the kernel asked for, which has no SPI and goes after some minutes.
peer_states() { on_gw ip xfrm state | grep -c 'spi 0x0*[1-9a-f]'; }

peer_cannot()
{
	case $1 in
	x448) echo "no X448" ;;
	ed25519) echo "no Ed25519" ;;
	ike-chacha20) echo "ChaCha20-Poly1305 only for ESP" ;;
	esp-aead) echo "no AEAD for ESP on Linux, whose PF_KEY has none" ;;
	esp-sha256) echo "HMAC-SHA-256 for ESP cannot be given to Linux: \"pfkey_sa: unsupported integrity algorithm\"" ;;
	mobike-initiator) echo "MOBIKE only as responder" ;;
	mobike-responder) echo "PF_KEY of Linux does not move its SAs (\"pfkey_reply: message: Invalid argument\")" ;;
	dpd) echo "asks after five minutes only: PF_KEY of Linux does not tell it when an SA was used last" ;;
	cookies) echo "never asks for a cookie" ;;
	ppk) echo "no PPK (RFC 8784)" ;;
	wait-for-answer) echo "sends with new keys as soon as it has answered (RFC 7296 2.8)" ;;
	rekey-by-command) echo "no command for it" ;;
	*) return 1 ;;
	esac
}
