// SPDX-License-Identifier: GPL-2.0
/* The engine: the configuration payload, both roles. */
#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"
#include "engine/configuration.h"
#include "tests/simulator.h"
#include "wire/message.h"

static struct sim sim;
static bool ask = true, pool = true, ask_dns = true, servers = true, stand_in;

static void tune(struct engine_policy *a, struct engine_policy *b)
{
	a->ask_address = a->ask_subnets = ask;
	a->ask_dns = ask && ask_dns;
	a->ts_local[0] = sim_selector("0.0.0.0/0");
	a->ts_local[1] = sim_selector("::/0");
	a->n_ts_local = 2;
	if (stand_in) {
		a->ts_local[0] = sim_selector("0.0.0.0/32");
		a->ts_local[1] = sim_selector("::/128");
	}
	a->ts_remote[0] = sim_selector("0.0.0.0/0");
	b->pool = pool;
	address_parse(&b->dns[0], "10.2.0.53");
	address_parse(&b->dns[1], "fd00:2::53");
	b->n_dns = servers ? 2 : 0;
	strcpy(b->dns_domains, "corp.example lab.example");
	b->remote.family = 0;
	b->ts_remote[0] = sim_selector("10.9.0.0/24");
}

static void start(uint64_t seed)
{
	sim_start(&sim, seed, tune);
	address_parse(&sim.b.lease.ipv4, "10.9.0.7");
	address_parse(&sim.b.lease.ipv6, "fd00:9::7");
}

static bool is_address(const struct address *a, const char *text)
{
	struct address wanted;

	return address_parse(&wanted, text) && address_equal_ip(a, &wanted);
}

static bool is_prefix(const struct prefix *p, const char *text)
{
	struct prefix wanted;

	return prefix_parse(&wanted, text, NULL) && prefix_equal(p, &wanted);
}

static void test_lease(void)
{
	const struct engine_configuration *given = &sim.a.given;
	struct engine_policy again, b;

	start(1200);
	ok(sim_bring_up(&sim), "lease: up");
	is(given->n_addresses, 2, "lease: two addresses");
	ok(is_address(&given->addresses[0], "10.9.0.7") &&
	   is_address(&given->addresses[1], "fd00:9::7"), "lease: those");
	is(given->n_dns, 2, "lease: two name servers");
	ok(is_address(&given->dns[0], "10.2.0.53"), "lease: those");
	is_text(given->dns_domains, "corp.example lab.example", "lease: domains of theirs");
	is(given->n_subnets, 1, "lease: a network");
	ok(is_prefix(&given->subnets[0], "10.2.0.0/16"), "lease: that of b's selectors");
	is(sim.b.children[0].n_remote, 2, "lease: b takes both, whatever else its policy says");
	is(memcmp(sim.b.children[0].remote[0].first, "\x0a\x09\x00\x07", 4), 0,
	   "lease: and nothing but the lease");
	sim.traffic = true;
	engine_rekey_child(sim.a.engine, "a");
	engine_rekey_ike(sim.b.engine, "b");
	sim_run(&sim, 5000);
	ok(sim_matched(&sim) && !sim.a.lost && !sim.b.lost, "lease: rekeying keeps it");
	sim.traffic = false;
	is(sim.b.leases, 1, "lease: in use");
	sim_policy(&sim.a, &again);
	tune(&again, &b);
	sim_reboot(&sim.a, &again);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 2, 10000), "lease: authenticated anew");
	sim_run(&sim, 1000);
	is(sim.b.leases, 1, "lease: once in use");
	sim_end(&sim, "lease");
	is(sim.b.leases, 0, "lease: and given back");
}

static void refused(const char *what, const char *reason)
{
	ok(!sim_bring_up(&sim), "%s: not up", what);
	if (!strstr(sim.a.text[ENGINE_IKE_DOWN], reason) &&
	    !strstr(sim.a.text[ENGINE_FAILED], reason))
		test_note("%s / %s", sim.a.text[ENGINE_IKE_DOWN], sim.a.text[ENGINE_FAILED]);
	ok(strstr(sim.a.text[ENGINE_IKE_DOWN], reason) ||
	   strstr(sim.a.text[ENGINE_FAILED], reason), "%s: a knows why", what);
	is(sim.a.given.n_addresses, 0, "%s: nothing is given", what);
	sim_end(&sim, what);
	is(sim.b.leases, 0, "%s: nothing stays taken", what);
}

/* RFC 7296 2.19, 3.15: what is not asked for does not come, and what has to be asked for is. */
static void must_57_asked(void)
{
	start(1210);
	sim.b.lease.ipv4.family = sim.b.lease.ipv6.family = 0;
	refused("exhausted pool", "INTERNAL_ADDRESS_FAILURE");

	ask = false;
	start(1211);
	refused("no address asked for", "FAILED_CP_REQUIRED");

	ask = true;
	pool = false;
	start(1212);
	refused("no pool", "gives no address");
	ok(strstr(sim.a.text[ENGINE_IKE_DOWN], "Address = auto") ||
	   strstr(sim.a.text[ENGINE_FAILED], "Address = auto"), "no pool: a key is named");
	pool = true;
}

/* openiked, "from dynamic": until it has the address, 0.0.0.0 alone stands for it. */
static void test_stand_in(void)
{
	stand_in = true;
	start(1230);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.b, ENGINE_CHILD_UP, 1, 10000), "stand-in: up");
	is(sim.b.children[0].n_remote, 2, "stand-in: for both addresses");
	is(memcmp(sim.b.children[0].remote[0].first, "\x0a\x09\x00\x07", 4) |
	   memcmp(sim.b.children[0].remote[0].last, "\x0a\x09\x00\x07", 4), 0,
	   "stand-in: nothing but the lease");
	sim_exit(&sim);

	ask = pool = false;
	start(1231);
	engine_up(sim.a.engine, "a");
	ok(sim_until(&sim, &sim.b, ENGINE_FAILED, 1, 10000), "stand-in: not for what is no lease");
	ok(strstr(sim.b.text[ENGINE_FAILED], "no common traffic selectors"), "stand-in: refused");
	is(sim.b.events[ENGINE_CHILD_UP], 0, "stand-in: no child");
	sim_exit(&sim);
	ask = pool = true;
	stand_in = false;
}

/* RFC 8598 3.2: domains are for those who ask, and come with a server. */
static void test_domains(void)
{
	ask_dns = false;
	start(1220);
	ok(sim_bring_up(&sim) && !sim.a.given.n_dns && !sim.a.given.dns_domains[0], "domains: not asked for");
	sim_end(&sim, "domains");
	ask_dns = true;
	servers = false;
	start(1221);
	ok(sim_bring_up(&sim) && !sim.a.given.dns_domains[0], "domains: none without a server");
	sim_end(&sim, "domains, no server");
	servers = true;
}

/* What a peer may send. */
static struct engine_configuration taken;

static bool take(const struct engine_policy *c, uint8_t type, const struct cfg_attribute *attributes,
		 size_t count)
{
	struct message m = { .count = 1 };
	char why[ENGINE_TEXT_MAX];

	m.payloads[0] = (struct payload){
		.type = PAYLOAD_CP, .encrypted = true, .known = true,
		.cp = { type, attributes, count },
	};
	return configuration_take_reply(c, &m, &taken, why);
}

/* RFC 7296 3.15.1: unknown and malformed attributes are passed over. */
static void must_58_attributes(void)
{
	static const struct engine_policy all = {
		.ask_address = true, .ask_dns = true, .ask_subnets = true,
	};
	static const struct engine_policy address = { .ask_address = true };
	const struct cfg_attribute good[] = {
		{ CFG_INTERNAL_IP4_ADDRESS, BYTES_LITERAL("\x0a\x09\x00\x07") },
		{ CFG_INTERNAL_IP4_DNS, BYTES_LITERAL("\x0a\x09\x00\x01") },
		{ CFG_INTERNAL_IP4_SUBNET, BYTES_LITERAL("\x0a\x01\x02\x03\xff\xff\x00\x00") },
		{ CFG_INTERNAL_DNS_DOMAIN, BYTES_LITERAL("corp.example.") },
	};
	const struct cfg_attribute bad[] = {
		{ 12345, BYTES_LITERAL("what is that") },
		{ CFG_INTERNAL_IP4_ADDRESS, BYTES_LITERAL("\x0a\x09") },
		{ CFG_INTERNAL_IP4_ADDRESS, BYTES_LITERAL("\x7f\x00\x00\x01") },
		{ CFG_INTERNAL_IP4_ADDRESS, BYTES_LITERAL("\xe0\x00\x00\x01") },
		{ CFG_INTERNAL_IP6_ADDRESS, BYTES_LITERAL("\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x40") },
		{ CFG_INTERNAL_IP4_DNS, BYTES_LITERAL("\x00\x00\x00\x00") },
		{ CFG_INTERNAL_IP4_SUBNET, BYTES_LITERAL("\x0a\x01\x02\x03\xff\x00\xff\x00") },
		{ CFG_INTERNAL_IP6_SUBNET, BYTES_LITERAL("too short") },
		{ CFG_INTERNAL_IP4_ADDRESS, { NULL, 0 } },
		{ CFG_INTERNAL_DNS_DOMAIN, { NULL, 0 } },
		{ CFG_INTERNAL_DNS_DOMAIN, BYTES_LITERAL(".") },
		{ CFG_INTERNAL_DNS_DOMAIN, BYTES_LITERAL("a\0b") },
		{ CFG_INTERNAL_DNS_DOMAIN, BYTES_LITERAL("--help") },
		{ CFG_INTERNAL_DNS_DOMAIN, BYTES_LITERAL("a b") },
		{ CFG_INTERNAL_DNSSEC_TA, BYTES_LITERAL("what is that") },
	};
	struct cfg_attribute many[40];
	static char names[40][80];

	ok(take(&all, CFG_REPLY, good, 4), "must_58: what is good is taken");
	ok(taken.n_dns == 1 && taken.n_subnets == 1 && is_prefix(&taken.subnets[0], "10.1.0.0/16"),
	   "must_58: host bits of a network do not count");
	is_text(taken.dns_domains, "corp.example", "must_58: a domain without the dot at its end");
	ok(take(&address, CFG_REPLY, good, 4) && !taken.n_dns && !taken.n_subnets && !taken.dns_domains[0],
	   "must_57: what was not asked for is not");
	ok(!take(&all, CFG_REPLY, bad, sizeof(bad) / sizeof(bad[0])), "must_58: nothing of the bad is");
	ok(!taken.n_addresses && !taken.n_dns && !taken.n_subnets && !taken.dns_domains[0], "must_58: nothing at all");
	ok(!take(&all, CFG_SET, good, 3), "must_57: only CFG_REPLY counts");
	for (size_t i = 0; i < 40; i++)
		many[i] = good[i % 3];
	ok(take(&all, CFG_REPLY, many, 40) && taken.n_addresses <= ENGINE_CFG_ADDRESSES,
	   "must_58: too many do no harm");
	for (size_t i = 0; i < 40; i++) {
		snprintf(names[i], sizeof(names[i]), "%050zu.example", i);
		many[i] = (struct cfg_attribute){ CFG_INTERNAL_DNS_DOMAIN, bytes_make(names[i], strlen(names[i])) };
	}
	many[0] = good[0];
	ok(take(&all, CFG_REPLY, many, 40) && taken.n_dns_domains == 17 &&
	   strlen(taken.dns_domains) < ENGINE_DOMAINS_SIZE, "must_58: nor do too many domains: %zu",
	   taken.n_dns_domains);
}

int main(void)
{
	test_lease();
	test_stand_in();
	must_57_asked();
	test_domains();
	must_58_attributes();
	crypto_exit();
	return test_done();
}
