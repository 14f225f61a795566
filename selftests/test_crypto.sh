#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Where the work is done: drivers asked for by name, transforms that take their time (cryptd, pcrypt), their order, queues
# that are full, removal of everything while requests are under way. The cases with packets made by hand are in crypto.py.
#
# timeout: 600

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/removal.sh"

suite=aes-gcm-16-128
number=0
# /run/modprobe.d is read by modprobe and empty after a boot.
settings=/run/modprobe.d/espudp-selftest.conf

# again: the link is gone with the module.
again()
{
	modprobe espudp && espudp_link "$left" left && espudp_peer "$left" left 4
}

# crypto_del DRIVER...: take instances of templates away; while they are there, others prefer them.
crypto_del()
{
	modprobe -q crypto_user
	"$PYTHON" -B - "$@" <<-'END'
	import socket, struct, sys
	s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 21)  # NETLINK_CRYPTO
	for name in sys.argv[1:]:
	    alg = struct.pack("=64s64s64sIIII", b"", name.encode(), b"", 0, 0, 0, 0)
	    s.send(struct.pack("=IHHII", 16 + len(alg), 17, 5, 1, 0) + alg)  # CRYPTO_MSG_DELALG, acknowledged
	    s.recv(4096)
	END
}

# instances: those of cryptd and pcrypt that there are, but for those that belong to other drivers.
instances() { sed -n 's/^driver *: \(p\?crypt\(d\|\)([^_].*\)$/\1/p' /proc/crypto; }

remove_instances()
{
	local list

	mapfile -t list < <(instances)
	[ ${#list[@]} -eq 0 ] || crypto_del "${list[@]}"
	equal "$(instances)" "" "instances that are left"
}

# best_driver SUITE: that which is taken without a wish.
best_driver()
{
	espudp_in "$left" sa add id 9000 child 4 dir in spi 0x9000 suite "$1" key "file:$(key_file "$1" 1)" || return
	field "$left" sa 9000 driver
	espudp_in "$left" sa del 9000
}

# wrappable TEMPLATE: a driver that it takes. Those that are asynchronous themselves are of no use to cryptd.
wrappable()
{
	local driver

	for driver in "$best" 'rfc4106(gcm_base(ctr(aes-generic),ghash-generic))'; do
		if try_driver "$1($driver)" > "$work/wrapping" 2>&1; then
			echo "$driver"
			return
		fi
	done
	return 1
}

# What the kernel does not have is named.
missing_algorithm()
{
	[ -e /sys/module/ccm ] && { modprobe -r ccm || return; }
	mkdir -p "${settings%/*}" && echo 'install ccm /bin/false' > "$settings" || return
	fails espudp_in "$left" sa add id 9001 child 4 dir in spi 0x9001 suite aes-ccm-16-128 \
		key "file:$(key_file aes-ccm-16-128 1)"
	rm -f "$settings"
	cat "$work/refusal"
	grep -q 'rfc4309(ccm(aes))' "$work/refusal" || explain "the algorithm is not named" || return
	espudp_in "$left" sa add id 9001 child 4 dir in spi 0x9001 suite aes-ccm-16-128 \
		key "file:$(key_file aes-ccm-16-128 1)" && espudp_in "$left" sa del 9001
}

# unload MODULE: with all that use it; they are in unloaded.
unloaded=()
unload()
{
	local holder

	[ -e "/sys/module/$1" ] || return 0
	for holder in "/sys/module/$1/holders"/*; do
		[ ! -e "$holder" ] || unload "${holder##*/}" || return
	done
	[ -e "/sys/module/$1" ] || return 0
	modprobe -r "$1" || rmmod "$1" || return
	unloaded+=("$1")
}

# load_cryptd [LENGTH]: anew, with queues of this length.
load_cryptd()
{
	timeout 30 rmmod espudp
	remove_instances && unload cryptd && [ ! -e /sys/module/cryptd ] || return
	mkdir -p "${settings%/*}" && echo "options cryptd ${1+cryptd_max_cpu_qlen=$1}" > "$settings" || return
	modprobe cryptd
	rm -f "$settings"
	modprobe -a "${unloaded[@]}" 2> /dev/null
	[ -e /sys/module/cryptd ]
}

# try_driver DRIVER [WORD]: an SA with it; refused with this word if there is one.
try_driver()
{
	local add=(espudp_in "$left" sa add id 9002 child 4 dir in spi 0x9002 suite "$suite"
		   key "file:$(key_file "$suite" 1)" driver "$1")

	if [ -n "${2-}" ]; then
		fails "${add[@]}" || return
		cat "$work/refusal"
		grep -q "$2" "$work/refusal"
		return
	fi
	"${add[@]}" && equal "$(field "$left" sa 9002 driver)" "$1" "driver" && espudp_in "$left" sa del 9002
}

# both_asynchronous TEMPLATE: a pair of SAs on both sides with its instances, and traffic.
both_asynchronous()
{
	local driver="$1($best)"

	number=$((number + 1))
	espudp_sas "$left" left 4 $number $suite driver "$driver" &&
	espudp_sas "$right" right 4 $number $suite driver "$driver" &&
	pings "$left" $there 20 && pings "$right" $here_address 20 && udp "$left" $there 20 1300 &&
	tcp "$left" $there 3000000 && tcp "$right" $here_address 1000000 &&
	equal "$(dropped "$left" sa "$(sa_in $number)" rx-crypto)" 0 "rx-crypto" &&
	equal "$(dropped "$left" sa "$(sa_in $number)" rx-replay)" 0 "rx-replay"
}

# removed_under_load WHAT: while requests are under way.
removed_under_load()
{
	espudp_sas "$left" left 4 1 $suite driver "$driver" && espudp_sas "$right" right 4 1 $suite driver "$driver" &&
	removed_while_busy "$1"
}

# provable TEMPLATE: whether lockdep looks for deadlocks while it works. Not at pcrypt: padata takes the lock of one of its lists
# under that of another and does not say so (6.12.117), and lockdep ends with its first report.
provable()
{
	[ ! -w /proc/sys/kernel/prove_locking ] || { [ "$1" = pcrypt ] && echo 0 || echo 1; } > /proc/sys/kernel/prove_locking
}

# The self-tests of 6.1 refuse cryptd, which leaves its marks in a request, and say so with a warning.
notests=/sys/module/cryptomgr/parameters/notests
if [ -w $notests ]; then
	tests_were=$(cat $notests)
	echo Y > $notests
	trap 'status=$?; echo "$tests_were" > $notests; (exit $status); finish' EXIT
fi

modprobe espudp
check "a link" near_end || exit
best=$(best_driver $suite)
check "an SA says which driver does the work: $best" test -n "$best"
if modprobe -q -n --first-time ccm || [ -e /sys/module/ccm ]; then
	check "an algorithm that the kernel lacks is named" missing_algorithm
else
	skip "an algorithm that the kernel lacks is named" "ccm is built in"
fi
check "a driver that does not exist" try_driver "no-such-driver" "no such driver"
check "a driver of another algorithm" try_driver "$(best_driver chacha20-poly1305)" "another algorithm"
check "a driver by its name" try_driver "$best"
if ! best=$(wrappable cryptd); then
	skip "transforms that take their time" "cryptd takes no driver of this kernel: $(tail -n 1 "$work/wrapping")"
	exit 0
fi
check "cryptd around $best" test -n "$best"
# pcrypt is for machines with several processors.
templates=(cryptd)
! modprobe -q pcrypt || templates+=(pcrypt)
[ ${#templates[@]} -eq 1 ] || { provable pcrypt; check "pcrypt" try_driver "pcrypt($best)"; provable cryptd; }
if load_cryptd 16 > "$work/reload" 2>&1; then
	check "a link with short queues" again
	absorb "$PYTHON" -B "$here/crypto.py" "$left" "$right" "$best" full
else
	skip "a full queue" "cryptd cannot be loaded anew: $(tail -n 1 "$work/reload")"
fi
check "queues of the usual length" load_cryptd
check "a link again" again
provable "${templates[-1]}"
absorb "$PYTHON" -B "$here/crypto.py" "$left" "$right" "$best" "${templates[@]}"
check "the instances are removed" remove_instances
check "another end" far_end || exit
for template in "${templates[@]}"; do
	provable $template
	check "ping, UDP and TCP: $template" both_asynchronous $template
done
for template in "${templates[@]}"; do
	driver="$template($best)"
	provable $template
	for what in sas links module namespace; do
		check "a tunnel" rebuild
		check "removed while requests are under way: $what, $template" removed_under_load $what
	done
done
provable cryptd
check "a tunnel" rebuild
check "no reference is left" timeout 30 rmmod espudp
check "nor any instance" remove_instances
