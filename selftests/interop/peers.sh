# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034 # used by those who source it
#
# One face for every other implementation, so that one list of scenarios serves them all; lib.sh and pki.sh have to
# be sourced first. The peer runs in the namespace gw, with one connection, "site", that the array P describes:
#
#   ike, esp	"ENCRYPTION INTEGRITY PRF KE" and "ENCRYPTION INTEGRITY [KE]" that alone are taken, with - for none;
#		empty: the peer's defaults. Words: aes128gcm aes256gcm chacha20 aes128 aes256, sha256 sha384 sha512,
#		x25519 x448 ecp256 ecp384 ecp521 modp2048 modp3072 modp4096
#   auth	psk, or the kind of the certificates: rsa, p256, ed25519, big
#   psk		file with the secret, in the form of espudp.conf(5)
#   peer_id, site_id, peer_ts, site_ts, peer_addr, site_addr
#   child_life, ike_life, dpd	seconds, or nothing
#   pool	network out of which the peer gives addresses;  client: 1 if it asks for one
#   mobike	1 if it may
#   ppk		file with a post-quantum pre-shared key, "site.key", without which there is nothing
#
# A driver, peer_NAME.sh, has these functions:
#
#   peer_start, peer_stop, peer_version
#   peer_load		take what P says
#   peer_initiate, peer_rekey_child, peer_rekey_ike, peer_delete
#   peer_states		how many SAs it has for traffic
#   peer_busy, peer_calm	it asks for cookies, as far as that has to be told; and no more
#   peer_cannot WORD	say why it cannot do what that word of the scenarios asks for; fails if it can

PEERS="strongswan-5 strongswan-6 libreswan-4 libreswan-5 openiked-7.2 openiked-7.4"
PEER_DIR=/run/peer
PEER_LOG=/run/peer.log
peer_pid=
peer_root=
declare -A P

# peer_use NAME: the driver of NAME and where its programs are. Status 1 if that root has not been made.
peer_use()
{
	local here
	here=$(dirname "${BASH_SOURCE[0]}")
	peer_name=$1
	peer_root=
	case $1 in
	strongswan-5) ;;
	strongswan-6) peer_root=$("$here/root" --if-there trixie-strongswan) || return ;;
	libreswan-4) peer_root=$("$here/root" --if-there bookworm-peers) || return ;;
	libreswan-5) peer_root=$("$here/root" --if-there trixie-peers) || return ;;
	openiked-7.2) peer_root=$("$here/root" --if-there bookworm-peers) || return ;;
	openiked-7.4) peer_root=$("$here/root" --if-there trixie-peers) || return ;;
	*) echo "no peer '$1'; there are: $PEERS"; return 2 ;;
	esac
	mkdir -p "$PEER_DIR"
	GATEWAY_LOG=$PEER_LOG
	: > "$PEER_LOG"
	# shellcheck source=/dev/null
	. "$here/peer_${1%%-*}.sh"
	[ -z "$peer_root" ] || peer_mounts
}

# What it needs of the running system is the same below its root.
peer_mounts()
{
	mountpoint -q "$peer_root/run" && return
	mount -t proc proc "$peer_root/proc" && mount --bind /sys "$peer_root/sys" &&
		mount --bind /dev "$peer_root/dev" && mount --bind /run "$peer_root/run"
}

peer_unmount()
{
	local dir
	[ -n "$peer_root" ] || return 0
	for dir in run dev sys proc; do
		umount -l "$peer_root/$dir" 2> /dev/null
	done
}

# in_peer COMMAND...: with the peer's files, in its namespace.
in_peer() { ip netns exec gw ${peer_root:+chroot "$peer_root"} "$@"; }

# peer_run COMMAND...: the daemon, whose process is $peer_pid.
peer_run()
{
	ip netns exec gw ${peer_root:+chroot "$peer_root"} "$@" >> "$PEER_LOG" 2>&1 &
	peer_pid=$!
}

# peer_kill SIGNAL: end it and wait for that.
peer_kill()
{
	[ -n "$peer_pid" ] || return 0
	kill "-$1" "$peer_pid" 2> /dev/null
	wait "$peer_pid" 2> /dev/null
	peer_pid=
}

peer_alive() { kill -0 "$peer_pid" 2> /dev/null; }

# peer_config [KEY=VALUE]...: P with defaults and these, and load it.
peer_config()
{
	local arg
	P=([ike]='' [esp]='' [auth]=psk [psk]=/etc/espudp/vpn0.psk [peer_id]=192.0.2.1 [site_id]=192.0.2.2
	   [peer_ts]=192.168.7.0/24 [site_ts]=10.9.0.1/32 [peer_addr]=192.0.2.1 [site_addr]=192.0.2.2
	   [child_life]='' [ike_life]='' [dpd]='' [pool]='' [client]='' [mobike]='' [ppk]='')
	for arg; do
		P[${arg%%=*}]=${arg#*=}
	done
	if [ "${P[auth]}" != psk ]; then
		P[peer_id]=gw.example.com
		P[site_id]=site.example.com
		peer_pki "${P[auth]}" || return
	fi
	for arg; do
		case $arg in peer_id=*|site_id=*) P[${arg%%=*}]=${arg#*=} ;; esac
	done
	peer_load
}

# psk_hex [FILE]: a secret as hexadecimal digits, the pre-shared key if no other.
psk_hex()
{
	local line
	line=$(head -n 1 "${1-${P[psk]}}")
	case $line in
	0x*) echo "${line#0x}" ;;
	0s*) base64 -d <<< "${line#0s}" | od -An -v -tx1 | tr -d ' \n' ;;
	*) printf %s "$line" | od -An -v -tx1 | tr -d ' \n' ;;
	esac
}

# ---- certificates: each kind has a CA of its own, since not everybody knows every kind

declare -A pki_keys=([rsa]='rsa:2048' [p256]='ec -pkeyopt ec_paramgen_curve:P-256' [ed25519]=ed25519
	[big]='ec -pkeyopt ec_paramgen_curve:P-256')

# pki_openssl KIND NAME SUBJECT EXTENSIONS OPTION...: NAME.key and NAME.crt below $pki.
pki_openssl()
{
	local kind=$1 name=$2 subject=$3
	printf '[req]\ndistinguished_name = dn\nx509_extensions = ext\n[dn]\n[ext]\n%s\n' "$4" > "$pki/$name.cnf"
	shift 4
	# shellcheck disable=SC2086 # several words
	(umask 077 && openssl req -x509 -nodes -sha256 -newkey ${pki_keys[$kind]} -config "$pki/$name.cnf" -subj "$subject" \
		-days 50 -keyout "$pki/$name.key" -out "$pki/$name.crt" "$@") 2> "$pki/$name.log" || { cat "$pki/$name.log"; return 1; }
}

# peer_pki KIND: ca-KIND, gw-KIND and site-KIND, once.
peer_pki()
{
	local who san
	[ ! -e "$pki/site-$1.crt" ] || return 0
	mkdir -p "$pki"
	pki_openssl "$1" "ca-$1" "/CN=ca-$1" $'basicConstraints = critical, CA:TRUE\nkeyUsage = keyCertSign, cRLSign' || return
	for who in gw site; do
		san=DNS:$who.example.com
		# So many names that the certificate is longer than a datagram may be.
		[ "$1" != big ] || san+=$(seq -f ",DNS:a-name-that-is-as-long-as-it-may-be-%03.0f.$who.example.com" 40 | tr -d '\n')
		pki_openssl "$1" "$who-$1" "/C=CH/O=Test/CN=$who-$1" "subjectAltName = $san"$'\nkeyUsage = digitalSignature' \
			-CA "$pki/ca-$1.crt" -CAkey "$pki/ca-$1.key" || return
	done
}

# ---- what both sides see

# The peer's SAs: none, or one pair.
peer_has_no_sa() { [ "$(peer_states)" -eq 0 ]; }
peer_has_one_pair() { [ "$(peer_states)" -eq 2 ]; }
