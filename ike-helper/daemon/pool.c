// SPDX-License-Identifier: GPL-2.0
#include "daemon/pool.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/list.h"
#include "system/log.h"

#define BUCKETS		4096
#define IDENTITY_TEXT	1024
#define SAVE_TIME	2000	/* ms from a change to its writing */

/**
 * struct lease - a number and whose it is
 * @bucket: of the hash
 * @idle: in pool.idle, while it is not in use; the longest unused first
 * @number: of the addresses
 * @users: connections of that identity
 * @identity: text
 */
struct lease {
	struct list bucket;
	struct list idle;
	uint32_t number;
	unsigned int users;
	char identity[];
};

/**
 * struct pool - the numbers
 * @ipv4: prefix, family 0 if there is none
 * @ipv6: the same
 * @size: how many numbers there are, also those that are nobody's
 * @usable: how many can be given
 * @next: where the search for a free number goes on
 * @by_number: NULL where it is free
 */
struct pool {
	struct loop *loop;
	const struct config *config;
	struct prefix ipv4, ipv6;
	uint32_t size, usable, next, given, in_use;
	struct lease **by_number;
	struct list buckets[BUCKETS];
	struct list idle;
	struct timer save;
	bool changed, complained;
	char path[PATH_MAX];
};

static struct list *bucket_of(struct pool *pool, const char *identity)
{
	uint32_t hash = 2166136261u;

	for (; *identity; identity++)
		hash = (hash ^ (unsigned char)*identity) * 16777619u;
	return &pool->buckets[hash % BUCKETS];
}

static struct lease *find(struct pool *pool, const char *identity)
{
	struct lease *lease, *next;

	list_for_each(lease, next, bucket_of(pool, identity), struct lease, bucket)
		if (!strcmp(lease->identity, identity))
			return lease;
	return NULL;
}

/* The address of a prefix with a number; family 0 without a prefix. */
static struct address address_of(const struct prefix *prefix, uint32_t number)
{
	struct address a = { .family = prefix->family };
	size_t end = address_size(prefix->family) - 4;

	if (!prefix->family)
		return a;
	memcpy(a.ip, prefix->ip, sizeof(a.ip));
	put_be32(a.ip + end, get_be32(a.ip + end) + number);
	return a;
}

static bool is_own(const struct config *c, const struct address *a)
{
	for (size_t i = 0; i < c->address.count; i++)
		if (address_equal_ip(&c->address.list[i].address, a))
			return true;
	return false;
}

/* Neither network, broadcast nor router address, nor one of ours. */
static bool may_be_given(const struct pool *pool, uint32_t number)
{
	struct address v4 = address_of(&pool->ipv4, number);
	struct address v6 = address_of(&pool->ipv6, number);
	bool hosts = v4.family && pool->ipv4.length < 31;

	if (hosts && (!number || number == (uint32_t)((1ULL << (32 - pool->ipv4.length)) - 1)))
		return false;
	if (v6.family && pool->ipv6.length < 127 && !number)
		return false;
	return !(v4.family && is_own(pool->config, &v4)) && !(v6.family && is_own(pool->config, &v6));
}

static uint32_t numbers_in(const struct prefix *prefix)
{
	unsigned int bits;

	if (!prefix->family)
		return POOL_SIZE_MAX;
	bits = (prefix->family == AF_INET ? 32 : 128) - prefix->length;
	return bits >= 16 ? POOL_SIZE_MAX : 1u << bits;
}

static struct lease *make(struct pool *pool, uint32_t number, const char *identity)
{
	size_t len = strlen(identity) + 1;
	struct lease *lease = calloc(1, sizeof(*lease) + len);

	if (!lease)
		return NULL;
	lease->number = number;
	memcpy(lease->identity, identity, len);
	list_append(bucket_of(pool, identity), &lease->bucket);
	list_append(&pool->idle, &lease->idle);
	pool->by_number[number] = lease;
	pool->given++;
	return lease;
}

static void forget(struct pool *pool, struct lease *lease)
{
	pool->by_number[lease->number] = NULL;
	pool->given--;
	list_remove(&lease->bucket);
	list_remove(&lease->idle);
	free(lease);
}

/* A number that is nobody's, else that of the lease that was unused for longest; -1 if all are used. */
static int64_t draw(struct pool *pool)
{
	struct lease *oldest;
	uint32_t number, i;

	for (i = 0; pool->given < pool->usable && i < pool->size; i++) {
		number = pool->next;
		pool->next = (pool->next + 1) % pool->size;
		if (!pool->by_number[number] && may_be_given(pool, number))
			return number;
	}
	oldest = list_first(&pool->idle, struct lease, idle);
	if (!oldest)
		return -1;
	number = oldest->number;
	forget(pool, oldest);
	return number;
}

/* The file */

static void load_line(struct pool *pool, char *line)
{
	char *end;
	unsigned long number = strtoul(line, &end, 10);

	line[strcspn(line, "\n")] = '\0';
	if (end == line || *end != ' ' || !end[1] || number >= pool->size ||
	    pool->by_number[number] || !may_be_given(pool, (uint32_t)number) ||
	    find(pool, end + 1))
		return;
	make(pool, (uint32_t)number, end + 1);
}

static void load(struct pool *pool)
{
	char line[IDENTITY_TEXT + 16];
	FILE *file = fopen(pool->path, "re");

	if (!file) {
		if (errno != ENOENT)
			log_warning(pool->config->name, "%s: %s", pool->path, strerror(errno));
		return;
	}
	/* A line that is too long is cut, and its rest is no lease. */
	for (uint32_t i = 0; i < 2 * pool->size && fgets(line, sizeof(line), file); i++)
		load_line(pool, line);
	fclose(file);
}

/* The longest unused first, so that the order survives. */
static bool print_all(const struct pool *pool, FILE *file)
{
	struct lease *lease, *next;

	list_for_each(lease, next, &pool->idle, struct lease, idle)
		fprintf(file, "%u %s\n", lease->number, lease->identity);
	for (uint32_t i = 0; i < pool->size; i++)
		if (pool->by_number[i] && pool->by_number[i]->users)
			fprintf(file, "%u %s\n", i, pool->by_number[i]->identity);
	return !ferror(file);
}

static void save(struct pool *pool)
{
	char new[PATH_MAX + 8];
	FILE *file;
	bool done;

	if (!pool->changed)
		return;
	pool->changed = false;
	snprintf(new, sizeof(new), "%s.new", pool->path);
	file = fopen(new, "we");
	done = file && print_all(pool, file);
	if (file && fclose(file))
		done = false;
	if (done && !rename(new, pool->path))
		return;
	if (!pool->complained)
		log_warning(pool->config->name, "%s: %s; leases will not be the same after a restart",
			    new, strerror(errno));
	pool->complained = true;
}

static void on_save(void *owner)
{
	save(owner);
}

static void changed(struct pool *pool)
{
	pool->changed = true;
	if (!pool->save.armed)
		loop_after(pool->loop, &pool->save, SAVE_TIME);
}

/* All */

static void find_path(struct pool *pool)
{
	const char *directory = getenv("STATE_DIRECTORY");

	if (!directory || directory[0] != '/')
		directory = POOL_DIRECTORY;
	if (mkdir(directory, 0700) && errno != EEXIST)
		log_debug(pool->config->name, "%s: %s", directory, strerror(errno));
	snprintf(pool->path, sizeof(pool->path), "%.*s/%s.leases", PATH_MAX - 64, directory,
		 pool->config->name);
}

void pool_follow(struct pool *pool, const struct config *c)
{
	if (pool)
		pool->config = c;
}

struct pool *pool_open(struct loop *loop, const struct config *c)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->loop = loop;
	pool->config = c;
	for (size_t i = 0; i < c->pool.count; i++)
		*(c->pool.list[i].family == AF_INET ? &pool->ipv4 : &pool->ipv6) = c->pool.list[i];
	pool->size = numbers_in(&pool->ipv4);
	if (numbers_in(&pool->ipv6) < pool->size)
		pool->size = numbers_in(&pool->ipv6);
	pool->by_number = calloc(pool->size, sizeof(*pool->by_number));
	if (!pool->by_number) {
		free(pool);
		return NULL;
	}
	for (uint32_t i = 0; i < pool->size; i++)
		pool->usable += may_be_given(pool, i);
	for (size_t i = 0; i < BUCKETS; i++)
		list_init(&pool->buckets[i]);
	list_init(&pool->idle);
	timer_init(&pool->save, on_save, pool);
	find_path(pool);
	load(pool);
	return pool;
}

void pool_close(struct pool *pool)
{
	if (!pool)
		return;
	loop_cancel(pool->loop, &pool->save);
	save(pool);
	for (uint32_t i = 0; i < pool->size; i++)
		if (pool->by_number[i])
			forget(pool, pool->by_number[i]);
	free(pool->by_number);
	free(pool);
}

int pool_lease(struct pool *pool, const struct identity *peer, struct engine_lease *out)
{
	char identity[IDENTITY_TEXT];
	struct lease *lease;
	int64_t number;

	identity_print(identity, sizeof(identity), peer);
	lease = find(pool, identity);
	if (!lease) {
		number = draw(pool);
		if (number < 0)
			return -ENOSPC;
		lease = make(pool, (uint32_t)number, identity);
		if (!lease)
			return -ENOMEM;
		changed(pool);
	}
	if (!lease->users++)
		pool->in_use++;
	list_remove(&lease->idle);
	out->ipv4 = address_of(&pool->ipv4, lease->number);
	out->ipv6 = address_of(&pool->ipv6, lease->number);
	return 0;
}

void pool_release(struct pool *pool, const struct identity *peer)
{
	char identity[IDENTITY_TEXT];
	struct lease *lease;

	identity_print(identity, sizeof(identity), peer);
	lease = find(pool, identity);
	if (!lease || !lease->users || --lease->users)
		return;
	pool->in_use--;
	list_append(&pool->idle, &lease->idle);
	changed(pool);
}

uint32_t pool_size(const struct pool *pool)
{
	return pool->usable;
}

uint32_t pool_in_use(const struct pool *pool)
{
	return pool->in_use;
}
