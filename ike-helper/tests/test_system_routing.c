// SPDX-License-Identifier: GPL-2.0
/*
 * Links, addresses, routes and rules, in a network namespace of our own. The kind of link is one
 * that every kernel has, since nothing here needs a tunnel.
 */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/routing.h"
#include "tests/harness.h"

#define MAIN_TABLE	254u

static struct loop loop;
static struct rtnl rtnl;
static const char *kind;
static char directory[64], secret[96];

static bool make_secret(void)
{
	FILE *file;

	strcpy(directory, "/tmp/espudp-test-XXXXXX");
	if (!mkdtemp(directory))
		return false;
	snprintf(secret, sizeof(secret), "%s/vpn0.psk", directory);
	umask(077);
	file = fopen(secret, "w");
	return file && fputs("kF8xq2LmZr7Tt0aVbN4uYw9sHc3JdE6p\n", file) >= 0 && !fclose(file);
}

static struct config *parse(const char *address, const char *allowed, const char *more)
{
	struct config_report report;
	struct config *c;
	char text[2048];

	snprintf(text, sizeof(text), "[Interface]\nAddress = %s\n%s\n[Peer]\nEndpoint = a.example\n"
		 "PSK = file:%s\nAllowedIPs = %s\n", address, more, secret, allowed);
	c = config_parse("/nonexistent/vpn0.conf", bytes_make(text, strlen(text)), &report);
	if (c)
		return c;
	test_note("%s", report.errors[0]);
	exit(1);
}

/* What a link has, as a text: "10.9.0.1/30 10.0.0.0/24@254 ..." */
static char state[4096];
static size_t state_len;

__attribute__((format(printf, 1, 2)))
static void add_state(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	state_len += (size_t)vsnprintf(state + state_len, sizeof(state) - state_len, format, args);
	va_end(args);
}

static void tell_address(void *arg, const struct address *address, uint8_t length)
{
	char text[ADDRESS_TEXT_SIZE];

	add_state("%s/%u ", address_print(text, address), length);
}

static void tell_route(void *arg, const struct rtnl_route *route, bool is_static)
{
	char text[PREFIX_TEXT_SIZE];

	if (is_static)
		add_state("%s@%u ", prefix_print(text, &route->to), route->table);
}

static const char *state_of(int ifindex)
{
	static const struct rtnl_visitor visitor = { tell_address, tell_route };

	state_len = 0;
	state[0] = '\0';
	if (rtnl_link_visit(&rtnl, ifindex, &visitor, NULL))
		add_state("%s", rtnl_error(&rtnl));
	if (state_len)
		state[state_len - 1] = '\0';
	return state;
}

/* The rules that are not the kernel's own, as "ip rule" prints them. */
static const char *rules(const char *family)
{
	static char text[4096];
	char command[128];
	size_t len;
	FILE *out;

	snprintf(command, sizeof(command), "ip %s rule show | grep -Ev '^(0|32766|32767):'",
		 family);
	out = popen(command, "r");
	if (!out)
		return "no ip";
	len = fread(text, 1, sizeof(text) - 1, out);
	pclose(out);
	text[len] = '\0';
	return text;
}

static bool link_exists(const char *name)
{
	struct rtnl_link link;

	return !rtnl_link_find(&rtnl, name, &link);
}

static struct rtnl_departure departed;
static int awaited;

/* A veth takes its other end along, so there may be more than one. */
static void on_departed(void *arg, const struct rtnl_departure *departure)
{
	if (departure->ifindex == awaited)
		departed = *departure;
}

static void wait_departure(int ifindex)
{
	awaited = ifindex;
	departed.ifindex = 0;
	for (int i = 0; i < 100 && !departed.ifindex; i++)
		loop_step(&loop, 50);
}

static void test_plain(void)
{
	struct config *c = parse("10.9.0.1/30, fd00::1/64", "10.0.0.0/24, fd01::/48", "MTU = 1400");
	char why[ROUTING_WHY_MAX];
	struct rtnl_link link;
	struct routing r;

	is(routing_link(&r, &rtnl, c, kind, why), 0, "make a link");
	ok(r.made && !r.adopted, "it is ours");
	is(rtnl_link_find(&rtnl, "vpn0", &link), 0, "it is there");
	ok(link.flags & IFF_UP, "and up");
	is(link.mtu, 1400, "with its MTU");
	is_text(link.kind, kind, "of the right kind");
	is_text(link.alias, ROUTING_ALIAS, "and marked as ours");
	ok(!routing_plan(&r, c, NULL), "nothing needs a table of its own");
	is(routing_apply(&r, c, why), 0, "addresses and routes");
	is_text(state_of(r.ifindex), "10.9.0.1/30 fd00::1/64 10.0.0.0/24@254 fd01::/48@254",
		"as configured");
	is(routing_apply(&r, c, why), 0, "a second time changes nothing");
	is_text(state_of(r.ifindex), "10.9.0.1/30 fd00::1/64 10.0.0.0/24@254 fd01::/48@254",
		"still so");
	is(routing_mark(&r, c), 0, "no mark");
	routing_undo(&r, c);
	ok(!link_exists("vpn0"), "the link is taken away");
	wait_departure(r.ifindex);
	is(departed.ifindex, r.ifindex, "which is told");
	ok(!departed.moved, "as an end, not as a move");
	config_free(c);
}

static void test_default_route(void)
{
	struct config *c = parse("10.9.0.1/30", "0.0.0.0/0, ::/0, 10.7.0.0/16", "");
	char why[ROUTING_WHY_MAX], text[512];
	struct routing r;

	is(routing_link(&r, &rtnl, c, kind, why), 0, "make a link");
	ok(routing_plan(&r, c, NULL), "a default route needs a table of its own");
	is(routing_mark(&r, c), r.table, "and a mark");
	is(routing_apply(&r, c, why), 0, "routes and rules");
	snprintf(text, sizeof(text), "10.9.0.1/30 10.7.0.0/16@254 0.0.0.0/0@%u ::/0@%u", r.table,
		 r.table);
	ok(strstr(state_of(r.ifindex), "10.7.0.0/16@254"), "other routes are in the main table");
	is(strlen(state_of(r.ifindex)), strlen(text), "and both default routes in our own");
	snprintf(text, sizeof(text),
		 "32500:\tnot from all fwmark 0x%x lookup main "
		 "suppress_prefixlength 0 proto static\n"
		 "32501:\tnot from all fwmark 0x%x lookup %u proto static\n", r.table, r.table,
		 r.table);
	is_text(rules("-4"), text, "rules of IPv4");
	is_text(rules("-6"), text, "rules of IPv6");
	routing_undo(&r, c);
	is_text(rules("-4"), "", "no rule of IPv4 is left");
	is_text(rules("-6"), "", "no rule of IPv6 is left");
	config_free(c);
}

static void test_guard(void)
{
	struct config *c = parse("10.9.0.1/30", "192.0.2.0/24, 198.51.100.0/24", "FwMark = 0x99");
	struct address peer;
	char why[ROUTING_WHY_MAX], text[512];
	struct routing r;

	address_parse(&peer, "203.0.113.1");
	is(routing_link(&r, &rtnl, c, kind, why), 0, "make a link");
	is(routing_mark(&r, c), 0x99, "a mark that was given is set at once");
	ok(!routing_plan(&r, c, &peer), "the peer is nowhere in AllowedIPs");
	is(routing_apply(&r, c, why), 0, "routes");
	address_parse(&peer, "192.0.2.77");
	ok(routing_plan(&r, c, &peer), "then it is");
	ok(!routing_plan(&r, c, &peer), "which is news only once");
	is(routing_apply(&r, c, why), 0, "routes and rules");
	snprintf(text, sizeof(text), "10.9.0.1/30 198.51.100.0/24@254 192.0.2.0/24@%u", r.table);
	is(strlen(state_of(r.ifindex)), strlen(text), "one route has moved");
	ok(strstr(state, "198.51.100.0/24@254"), "the other has not");
	snprintf(text, sizeof(text),
		 "32500:\tnot from all fwmark 0x99 lookup main "
		 "suppress_prefixlength 24 proto static\n"
		 "32501:\tnot from all fwmark 0x99 lookup %u proto static\n", r.table);
	is_text(rules("-4"), text, "rules with the mark that was given");
	is_text(rules("-6"), "", "none for IPv6");
	routing_undo(&r, c);
	is_text(rules("-4"), "", "no rule is left");
	config_free(c);
}

/* Until the name of the peer is resolved there are no routes. */
static void test_hold(void)
{
	struct config *c = parse("10.9.0.1/30", "0.0.0.0/0, 10.7.0.0/16", "");
	char why[ROUTING_WHY_MAX];
	struct routing r;

	is(routing_link(&r, &rtnl, c, kind, why), 0, "make a link");
	r.hold = true;
	routing_plan(&r, c, NULL);
	is(routing_apply(&r, c, why), 0, "apply while routes are held back");
	is_text(state_of(r.ifindex), "10.9.0.1/30", "there are addresses");
	is_text(rules("-4"), "", "no rules");
	r.hold = false;
	is(routing_apply(&r, c, why), 0, "apply again");
	ok(strstr(state_of(r.ifindex), "10.7.0.0/16@254"), "there are routes");
	ok(strlen(rules("-4")), "and rules");
	routing_undo(&r, c);
	is_text(rules("-4"), "", "no rule is left");
	config_free(c);
}

static void test_tables(void)
{
	struct config *c = parse("10.9.0.1/30", "0.0.0.0/0", "Table = 77");
	char why[ROUTING_WHY_MAX];
	struct routing r;

	is(routing_link(&r, &rtnl, c, kind, why), 0, "Table = 77");
	ok(!routing_plan(&r, c, NULL) && !routing_mark(&r, c), "leaves rules to others");
	is(routing_apply(&r, c, why), 0, "routes");
	is_text(state_of(r.ifindex), "10.9.0.1/30 0.0.0.0/0@77", "in that table");
	is_text(rules("-4"), "", "no rules");
	routing_undo(&r, c);
	config_free(c);

	c = parse("10.9.0.1/30", "0.0.0.0/0", "Table = off");
	is(routing_link(&r, &rtnl, c, kind, why), 0, "Table = off");
	routing_plan(&r, c, NULL);
	is(routing_apply(&r, c, why), 0, "makes");
	is_text(state_of(r.ifindex), "10.9.0.1/30", "no routes");
	routing_undo(&r, c);
	config_free(c);
}

/* A killed process leaves a link; the next one takes it over, with another configuration. */
static void test_adopt(void)
{
	struct config *old = parse("10.9.0.1/30, 10.9.0.5/30", "10.0.0.0/24, 10.1.0.0/24", "");
	struct config *new = parse("10.9.0.1/30", "10.1.0.0/24, 10.2.0.0/24", "");
	char why[ROUTING_WHY_MAX];
	struct routing before, after;

	is(routing_link(&before, &rtnl, old, kind, why), 0, "an earlier process");
	is(routing_apply(&before, old, why), 0, "sets a link up, and is killed");
	is(routing_link(&after, &rtnl, new, kind, why), 0, "the next one");
	ok(after.made && after.adopted && after.ifindex == before.ifindex, "knows the link");
	is(routing_apply(&after, new, why), 0, "and sets it up");
	is_text(state_of(after.ifindex), "10.9.0.1/30 10.1.0.0/24@254 10.2.0.0/24@254",
		"what is not wanted any more has gone");
	routing_undo(&after, new);
	ok(!link_exists("vpn0"), "in the end the link goes too");
	config_free(old);
	config_free(new);
}

/* Somebody else's link is used, and left as it was. */
static void test_foreign_link(void)
{
	struct config *c = parse("10.9.0.1/30, 10.8.0.1/24", "10.0.0.0/24, 10.8.0.0/24",
				 "MTU = 1300");
	struct address address;
	char why[ROUTING_WHY_MAX];
	struct rtnl_link link, now;
	struct routing r;

	is(rtnl_link_add(&rtnl, "vpn0", kind), 0, "somebody makes a link");
	rtnl_link_find(&rtnl, "vpn0", &link);
	address_parse(&address, "10.8.0.1");
	rtnl_address_add(&rtnl, link.ifindex, &address, 24);
	is(routing_link(&r, &rtnl, c, "espudp", why), -EEXIST, "of another kind");
	ok(strstr(why, "there is a link vpn0 already, of kind") && strstr(why, "not espudp"),
	   "is not used: %s", why);
	is(routing_link(&r, &rtnl, c, kind, why), 0, "of the right kind it is");
	ok(!r.made, "but not ours");
	is(routing_apply(&r, c, why), 0, "addresses and routes");
	ok(strstr(state_of(r.ifindex), "10.9.0.1/30") && strstr(state, "10.0.0.0/24@254"),
	   "are made");
	routing_undo(&r, c);
	is_text(state_of(link.ifindex), "10.8.0.1/24", "what was there stays, the rest goes");
	rtnl_link_find(&rtnl, "vpn0", &now);
	ok(now.ifindex == link.ifindex && now.mtu == link.mtu && !(now.flags & IFF_UP),
	   "with its MTU, and down");
	rtnl_link_delete(&rtnl, link.ifindex, RTNL_HERE);
	config_free(c);
}

static void test_conflict(void)
{
	struct config *c = parse("10.9.0.1/30", "10.0.0.0/24, 10.1.0.0/24", "");
	struct rtnl_route route = { .table = MAIN_TABLE };
	char why[ROUTING_WHY_MAX];
	struct rtnl_link other;
	struct routing r;

	rtnl_link_add(&rtnl, "other", kind);
	rtnl_link_find(&rtnl, "other", &other);
	rtnl_link_set(&rtnl, other.ifindex, RTNL_UP, 0, NULL);
	route.ifindex = other.ifindex;
	prefix_parse(&route.to, "10.1.0.0/24", NULL);
	is(rtnl_route_add(&rtnl, &route), 0, "somebody has a route of the same prefix");
	is(rtnl_route_exists(&rtnl, &route), 1, "it is there");
	is(routing_link(&r, &rtnl, c, kind, why), 0, "make a link");
	is(routing_apply(&r, c, why), -EEXIST, "routes cannot be made");
	is_text(why, "table 254 has another route to 10.1.0.0/24 already", "and why");
	routing_undo(&r, c);
	ok(!link_exists("vpn0"), "nothing is left");
	is(rtnl_route_exists(&rtnl, &route), 1, "the other route is");
	rtnl_link_delete(&rtnl, other.ifindex, RTNL_HERE);
	config_free(c);
}

static void test_gone(void)
{
	struct config *c = parse("10.9.0.1/30", "0.0.0.0/0", "");
	char why[ROUTING_WHY_MAX];
	struct routing r;

	is(routing_link(&r, &rtnl, c, kind, why), 0, "make a link");
	routing_plan(&r, c, NULL);
	is(routing_apply(&r, c, why), 0, "set it up");
	is(rtnl_link_delete(&rtnl, r.ifindex, RTNL_HERE), 0, "somebody deletes it");
	wait_departure(r.ifindex);
	routing_departed(&r, &departed);
	ok(r.gone, "that is noticed");
	routing_undo(&r, c);
	is_text(rules("-4"), "", "no rule is left");
	config_free(c);
}

static const char *find_kind(void)
{
	static const char *const kinds[] = { "dummy", "veth" };

	for (size_t i = 0; i < 2; i++) {
		struct rtnl_link link;

		if (rtnl_link_add(&rtnl, "probe", kinds[i]))
			continue;
		rtnl_link_find(&rtnl, "probe", &link);
		rtnl_link_delete(&rtnl, link.ifindex, RTNL_HERE);
		return kinds[i];
	}
	return NULL;
}

int main(void)
{
	if (unshare(CLONE_NEWNET)) {
		skip(strerror(errno), "a network namespace");
		return test_done();
	}
	if (!make_secret() || loop_open(&loop) || rtnl_open(&rtnl, &loop, on_departed, NULL)) {
		test_note("setup failed");
		return 1;
	}
	kind = find_kind();
	if (kind) {
		test_plain();
		test_default_route();
		test_guard();
		test_hold();
		test_tables();
		test_adopt();
		test_foreign_link();
		test_conflict();
		test_gone();
	} else {
		skip("neither dummy nor veth", "links");
	}
	rtnl_close(&rtnl, &loop);
	loop_close(&loop);
	unlink(secret);
	rmdir(directory);
	return test_done();
}
