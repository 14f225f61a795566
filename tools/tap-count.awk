# SPDX-License-Identifier: GPL-2.0
#
# Read TAP or KTAP, print each test's line with its suite in front, and count.
#
# Variables: suite, a name for the lines; totals, a file that gets "passed failed skipped".
#
# Only leaves count: a test with subtests (indented below it, as in KTAP) is the sum of them; its name, which
# KUnit gives as "# Subtest: NAME", stands in front of theirs.  A plan that is missing or not kept is one
# more failure, at every level; KUnit has none before the parameters of a case, but a sum behind them.  After
# "not ok" the diagnostics are printed too, up to a limit.

function indentation(line)
{
	match(line, /^ */)
	return RLENGTH
}

function say(text)
{
	print suite ": " text
	fflush()
}

function failure(text)
{
	failed++
	say("not ok - " text)
}

# Close what is nested deeper than depth; remember whether there was anything, and whether any
# failed.
function close_below(depth,	d)
{
	nested = nested_failed = 0
	for (d = deepest; d > depth; d--) {
		if (!(d in count))
			continue
		# A plan of nothing has been counted where it stands.
		nested += count[d] + (d in plan && plan[d] == 0)
		if (!(d in plan))
			failure("subtests without a plan")
		else if (plan[d] != count[d])
			failure("planned " plan[d] " subtests, saw " count[d])
		nested_failed += failed - failed_at[d]
		delete count[d]
		delete plan[d]
		delete failed_at[d]
		delete subtest[d]
	}
	if (deepest > depth)
		deepest = depth
}

function open_level(depth)
{
	if (depth > deepest)
		deepest = depth
	if (!(depth in count)) {
		count[depth] = 0
		failed_at[depth] = failed
	}
}

# The names of the tests that one at this depth is a part of.
function path(depth,	d, names)
{
	for (d = 1; d <= depth; d++)
		if (d in subtest)
			names = names subtest[d] ": "
	return names
}

# A sum at this depth is the plan of what is nested below it.
function sum(depth, line,	d)
{
	for (d = deepest; d > depth; d--) {
		if (d in count && !(d in plan)) {
			match(line, /total:[0-9]+/)
			plan[d] = substr(line, RSTART + 6, RLENGTH - 6) + 0
			return
		}
	}
}

function result(depth, line,	bad, names)
{
	close_below(depth)
	open_level(depth)
	count[depth]++
	bad = line ~ /^not ok/
	if (nested) {
		if (bad && !nested_failed) {
			failed++
			say(line)
		}
		return
	}
	if (line ~ /# *([Ss][Kk][Ii][Pp]|TODO|XFAIL)/)
		skipped++
	else if (bad)
		failed++
	else
		passed++
	diagnostics = bad ? 60 : 0
	names = path(depth)
	if (names != "") {
		sub(/^(not )?ok [0-9]* *(- )?/, "", line)
		line = (bad ? "not ok - " : "ok - ") names line
	}
	say(line)
}

BEGIN {
	passed = failed = skipped = 0
	deepest = -1
}

{
	sub(/\r$/, "")
	depth = indentation($0)
	line = substr($0, depth + 1)
}

line ~ /^1\.\.[0-9]+/ {
	split(line, part, /\.\.| /)
	open_level(depth)
	plan[depth] = part[2] + 0
	if (plan[depth] == 0) {
		skipped++
		say("ok - nothing to do " (line ~ /#/ ? substr(line, index(line, "#")) : ""))
	}
	next
}

line ~ /^(not )?ok([ \t]|$)/ {
	result(depth, line)
	next
}

line ~ /^Bail out!/ {
	failure(line)
	next
}

line ~ /^(TAP|KTAP) version/ { next }

line ~ /^# Subtest: / {
	open_level(depth)
	subtest[depth] = substr(line, 12)
}

line ~ /^# .*: pass:[0-9]+ .* total:[0-9]+$/ {
	sum(depth, line)
}

diagnostics > 0 {
	diagnostics--
	print "    " $0
	fflush()
}

END {
	close_below(0)
	if (!(0 in plan))
		failure("ended without a plan")
	else if (plan[0] != count[0])
		failure("planned " plan[0] " tests, saw " count[0] + 0)
	print passed, failed, skipped >totals
}
