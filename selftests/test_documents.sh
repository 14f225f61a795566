#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tunnels by hand that README.md and espudp(8) show are typed as they stand there, and carry packets.
#
# timeout: 120

. "$(dirname "$0")/lib.sh"

place=$work/documents
mkdir "$place"
PATH=$(dirname "$ESPUDP"):$PATH

# The indented lines of README.md that make both ends.
in_readme() { sed -n '/^## By hand/,/^## Status/s/^    //p' "$top/README.md"; }

readme()
{
	in_readme > "$place/readme"
	[ "$(wc -l < "$place/readme")" -eq 10 ] || { echo "the README says ten lines"; return 1; }
	(cd "$place" && timeout 60 sh -e readme > said 2>&1)
	local status=$?
	cat "$place/said"
	ip netns del a 2> /dev/null
	ip netns del b 2> /dev/null
	[ $status -eq 0 ] && grep -q '3 packets transmitted, 3 received' "$place/said"
}

# The lines between .Bd and .Ed in EXAMPLES, of the block that has WORD.
block()
{
	awk -v word="$1" '
		/^\.Sh/ { on = $2 == "EXAMPLES" }
		on && /^\.Ed/ { if (index(text, word)) printf "%s", text; inside = 0 }
		inside { text = text $0 "\n" }
		on && /^\.Bd/ { inside = 1; text = "" }' "$top/tools/man/espudp.8"
}

# One end as it stands there, the other with all that is ours and theirs exchanged.
manual()
{
	setup_ns one other &&
	ip link add wire netns "$one" type veth peer name wire netns "$other" &&
	ip -n "$one" address add 192.0.2.1/24 dev wire && ip -n "$one" link set wire up &&
	ip -n "$other" address add 192.0.2.2/24 dev wire && ip -n "$other" link set wire up || return
	block od > "$place/keys"
	block 'sa add' > "$place/this"
	sed 's/10\.9\.0\.1/10.9.0.x/g; s/10\.9\.0\.2/10.9.0.1/g; s/10\.9\.0\.x/10.9.0.2/g; s/192\.0\.2\.2/192.0.2.1/
		s/dir in /dir x /; s/dir out/dir in/; s/dir x /dir out/; s/ current//; /dir out/s/$/ current/' "$place/this" > "$place/that"
	cat "$place/that"
	(cd "$place" && sh -e keys && ip netns exec "$one" sh -e this && ip netns exec "$other" sh -e that) || return
	ip netns exec "$one" ping -n -q -c 3 -W 5 10.9.0.2 || return
	ip netns exec "$one" sh -c "$(sed -n 's/^\.Dl \(espudp show -j .*\)/\1/p' "$top/tools/man/espudp.8")" > "$place/peers"
	cat "$place/peers"
	grep -qx '192\.0\.2\.2' "$place/peers"
}

check "the ten lines of README.md" readme
check "the example of espudp(8)" manual
