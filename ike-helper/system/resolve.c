// SPDX-License-Identifier: GPL-2.0
#include "system/resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * Shared by the loop and the thread, freed by the one that lets go of it last. Until it has written
 * to the eventfd, the thread alone writes @result; the loop alone uses the rest.
 */
struct resolve {
	atomic_int owners;
	char name[RESOLVE_NAME_MAX];
	uint16_t family;
	struct resolve_result result;
	struct loop *loop;
	struct loop_source source;	/* eventfd */
	void (*done)(void *arg, const struct resolve_result *result);
	void *arg;
};

static void let_go(struct resolve *query)
{
	if (atomic_fetch_sub(&query->owners, 1) > 1)
		return;
	close(query->source.fd);
	free(query);
}

static void look_up(struct resolve *query)
{
	struct addrinfo hints = {
		.ai_family = query->family, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG,
	};
	struct resolve_result *result = &query->result;
	struct addrinfo *found, *a;
	int err = getaddrinfo(query->name, NULL, &hints, &found);

	if (err) {
		result->error = gai_strerror(err);
		return;
	}
	for (a = found; a && result->count < RESOLVE_ADDRESSES_MAX; a = a->ai_next)
		if (address_from_sockaddr(&result->addresses[result->count], a->ai_addr,
					  a->ai_addrlen))
			result->addresses[result->count++].port = 0;
	freeaddrinfo(found);
	if (!result->count)
		result->error = "no usable address";
}

static void *thread_main(void *arg)
{
	struct resolve *query = arg;
	uint64_t one = 1;

	look_up(query);
	/* The counter is 0, so this neither blocks nor fails. */
	if (write(query->source.fd, &one, sizeof(one)) < 0)
		query->result.count = 0;
	let_go(query);
	return NULL;
}

static void on_result(void *arg, uint32_t events)
{
	struct resolve *query = arg;
	uint64_t count;

	if (read(query->source.fd, &count, sizeof(count)) < 0)
		return;
	loop_remove(query->loop, &query->source);
	query->done(query->arg, &query->result);
	let_go(query);
}

static int start_thread(struct resolve *query)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int err = pthread_attr_init(&attributes);

	if (err)
		return err;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attributes, thread_main, query);
	pthread_attr_destroy(&attributes);
	return err;
}

struct resolve *resolve_start(struct loop *loop, const char *name, uint16_t family,
			      void (*done)(void *arg, const struct resolve_result *result),
			      void *arg)
{
	struct resolve *query;

	if (strlen(name) >= RESOLVE_NAME_MAX)
		return NULL;
	query = calloc(1, sizeof(*query));
	if (!query)
		return NULL;
	strcpy(query->name, name);
	query->family = family;
	query->loop = loop;
	query->done = done;
	query->arg = arg;
	query->source.ready = on_result;
	query->source.arg = query;
	query->source.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (query->source.fd < 0)
		goto free_query;
	if (loop_add(loop, &query->source, EPOLLIN))
		goto close_event;
	atomic_init(&query->owners, 2);
	if (start_thread(query))
		goto remove_source;
	return query;

remove_source:
	loop_remove(loop, &query->source);
close_event:
	close(query->source.fd);
free_query:
	free(query);
	return NULL;
}

void resolve_cancel(struct resolve *query)
{
	if (!query)
		return;
	loop_remove(query->loop, &query->source);
	let_go(query);
}
