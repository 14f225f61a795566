#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Keys: while an SA lives, its key is somewhere in the machine's memory; when it is gone, nowhere, whatever became of it
# and of the request that brought it. All of the memory is read, so there are few looks at many keys.
#
# timeout: 900

. "$(dirname "$0")/lib.sh"

suites=(aes-gcm-16-128 aes-ccm-16-128 aes-cbc-256-sha256 chacha20-poly1305)

one_end()
{
	setup_ns left && ip -n "$left" link add vpn0 type espudp && ip -n "$left" link set vpn0 up &&
	ip -n "$left" link add vpn1 type espudp &&
	espudp_in "$left" transport add id 4 local 127.0.0.1 port 4500 &&
	espudp_in "$left" peer add id 4 dev vpn0 transport 4 remote 127.0.0.1 port 4501 &&
	espudp_in "$left" child add id 4 peer 4 local 10.4.1.0/24 remote 10.4.2.0/24 &&
	espudp_in "$left" peer add id 5 dev vpn1 transport 4 remote 127.0.0.1 port 4502 &&
	espudp_in "$left" child add id 5 peer 5 local 10.5.1.0/24 remote 10.5.2.0/24
}

# add ID CHILD DIRECTION SUITE [KEY VALUE]...: the key has the number ID. Files hold only its digits.
add()
{
	espudp_in "$left" sa add id "$1" child "$2" dir "$3" spi "$((0x10000 + $1))" suite "$4" \
		key "file:$(key_file "$4" "$1")" "${@:5}"
}

# Both directions of each suite, some of a link that will go, and what is refused: for want of a child, and because the
# SPI is in use, which is found when the transform has its key.
all_kinds()
{
	local number=10 suite

	for suite in "${suites[@]}"; do
		add $number 4 out $suite && add $((number + 1)) 4 in $suite || return
		number=$((number + 2))
	done
	add 30 5 out aes-gcm-16-128 current && add 31 5 in aes-gcm-16-128 && fails add 40 99 out aes-gcm-16-128 &&
	espudp_in "$left" sa add id 50 child 4 dir in spi 0x20000 suite aes-gcm-16-128 \
		key "file:$(key_file aes-gcm-16-128 50)" &&
	fails espudp_in "$left" sa add id 51 child 4 dir in spi 0x20000 suite aes-gcm-16-128 \
		key "file:$(key_file aes-gcm-16-128 51)" && grep -q exists "$work/refusal"
}

# As much of a key as every cipher keeps in one piece.
beginning() { key_hex "$1" "$2" | cut -c1-32; }

# places: how often the beginning of each key is in memory.
places()
{
	local number=10 suite keys=()

	for suite in "${suites[@]}"; do
		keys+=("$(beginning $suite $number)" "$(beginning $suite $((number + 1)))")
		number=$((number + 2))
	done
	for number in 30 31 50 40 51; do
		keys+=("$(beginning aes-gcm-16-128 $number)")
	done
	"$bin/memscan" "${keys[@]}"
}

in_use()
{
	local found

	read -ra found < <(places) || return
	echo "found: ${found[*]}"
	# The last two were refused.
	equal "${#found[@]}" 13 keys && [[ " ${found[*]:0:11} " != *" 0 "* ]] && equal "${found[*]:11}" "0 0" refused
}

nowhere()
{
	places > "$work/found"
	grep -qxE '0( 0){12}' "$work/found"
}

gone()
{
	local id

	for id in $(seq 10 15); do
		espudp_in "$left" sa del $id || return
	done
	espudp_in "$left" sa set id 16 hard-time 1 && espudp_in "$left" sa set id 17 hard-time 1 &&
	ip -n "$left" link del vpn1 && espudp_in "$left" child del 4 && wait_for 10 has_no "$left" sa &&
	{ wait_for 60 nowhere || explain "$(cat "$work/found")"; }
}

"$bin/memscan" 00112233445566778899aabbccddeeff > /dev/null 2>&1
[ $? -ne 4 ] || skip_all "no /proc/kcore in this kernel"
check "one end" one_end || exit
check "SAs of every kind of cipher" all_kinds
check "each key is in memory while it is in use, and none that was refused" in_use
check "and nowhere when it is not, however it ended" gone
