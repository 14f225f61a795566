// SPDX-License-Identifier: GPL-2.0
/* The addresses that a link gives its peers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/pool.h"
#include "tests/harness.h"

static struct loop loop;
static struct config config;

static struct pool *open_pool(const char *v4, const char *v6)
{
	struct pool *pool;

	memset(&config.pool, 0, sizeof(config.pool));
	if (v4)
		prefix_parse(&config.pool.list[config.pool.count++], v4, NULL);
	if (v6)
		prefix_parse(&config.pool.list[config.pool.count++], v6, NULL);
	pool = pool_open(&loop, &config);
	if (!pool)
		exit(1);
	return pool;
}

static void name(struct identity *id, unsigned int n)
{
	char text[64];

	snprintf(text, sizeof(text), "client%u.example.com", n);
	identity_parse(id, text, NULL);
}

static int lease(struct pool *pool, unsigned int n, struct engine_lease *out)
{
	struct identity id;

	name(&id, n);
	return pool_lease(pool, &id, out);
}

static void release(struct pool *pool, unsigned int n)
{
	struct identity id;

	name(&id, n);
	pool_release(pool, &id);
}

static bool is_address(const struct address *a, const char *text)
{
	char out[ADDRESS_TEXT_SIZE];

	if (!strcmp(address_print(out, a), text))
		return true;
	test_note("%s", out);
	return false;
}

static void test_small(void)
{
	struct pool *pool;
	struct engine_lease l;

	config.address.count = 1;
	address_parse(&config.address.list[0].address, "10.9.0.1");
	pool = open_pool("10.9.0.0/29", "fd00:9::/64");
	is(pool_size(pool), 5, "six hosts, one of which is ours");
	for (unsigned int i = 0; i < 5; i++)
		is(lease(pool, i, &l), 0, "lease %u", i);
	ok(is_address(&l.ipv4, "10.9.0.6") && is_address(&l.ipv6, "fd00:9::6"), "the last of them");
	is(lease(pool, 5, &l), -ENOSPC, "exhausted");
	is(pool_in_use(pool), 5, "all are in use");
	is(lease(pool, 2, &l), 0, "one who has one gets it again");
	ok(is_address(&l.ipv4, "10.9.0.4"), "the same");
	release(pool, 2);
	is(lease(pool, 5, &l), -ENOSPC, "it is in use until both have given it back");
	release(pool, 3);
	release(pool, 2);
	is(lease(pool, 5, &l), 0, "what was unused for longest goes to another");
	ok(is_address(&l.ipv4, "10.9.0.5"), "that of the first to give it back");
	is(lease(pool, 2, &l), 0, "the other is still there");
	ok(is_address(&l.ipv4, "10.9.0.4"), "and the same");
	pool_close(pool);

	pool = open_pool("10.9.0.0/29", "fd00:9::/64");
	is(pool_in_use(pool), 0, "again: nobody is there");
	is(lease(pool, 5, &l), 0, "one comes back");
	ok(is_address(&l.ipv4, "10.9.0.5"), "and has what it had");
	is(lease(pool, 77, &l), 0, "a stranger gets what was unused for longest");
	pool_close(pool);
}

static void test_large(void)
{
	struct pool *pool;
	struct engine_lease l;
	unsigned int failed = 0;

	config.address.count = 0;
	unlink("/tmp/espudp-pool-test/vpn0.leases");
	pool = open_pool("10.0.0.0/8", NULL);
	is(pool_size(pool), POOL_SIZE_MAX - 1, "large: bounded");
	for (unsigned int i = 0; i < 20000; i++)
		failed += lease(pool, i, &l) != 0;
	is(failed, 0, "large: 20000 leases");
	ok(is_address(&l.ipv4, "10.0.78.32") && !l.ipv6.family, "large: in their order");
	pool_close(pool);
	pool = open_pool(NULL, "fd00:9::/112");
	is(lease(pool, 9, &l), 0, "IPv6 alone");
	ok(is_address(&l.ipv6, "fd00:9::a") && !l.ipv4.family, "by the number that it had");
	pool_close(pool);
}

/* Whatever is in the file. */
static void test_file(void)
{
	FILE *file = fopen("/tmp/espudp-pool-test/vpn0.leases", "w");
	struct engine_lease l;
	struct pool *pool;

	fputs("3 client1.example.com\n3 client2.example.com\nx\n-1 a\n4\n99999999999 b\n0 c\n", file);
	for (int i = 0; i < 5000; i++)
		fputc('y', file);
	fputs("\n5 client1.example.com\n6 client3.example.com", file);
	fclose(file);
	pool = open_pool("10.9.0.0/29", NULL);
	is(lease(pool, 1, &l), 0, "file: what is good is taken");
	ok(is_address(&l.ipv4, "10.9.0.3"), "file: the first that names it");
	is(lease(pool, 3, &l), 0, "file: the last line");
	ok(is_address(&l.ipv4, "10.9.0.6"), "file: without an end");
	pool_close(pool);
}

int main(void)
{
	if (system("rm -rf /tmp/espudp-pool-test; mkdir /tmp/espudp-pool-test"))
		return 1;
	setenv("STATE_DIRECTORY", "/tmp/espudp-pool-test", 1);
	strcpy(config.name, "vpn0");
	loop_open(&loop);
	test_small();
	test_large();
	test_file();
	loop_close(&loop);
	if (system("rm -rf /tmp/espudp-pool-test"))
		test_note("a directory stays");
	return test_done();
}
