/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Our requests: one under way, the others waiting (RFC 7296 2.1, 2.3).
 *
 * What an IKE SA has to ask its peer is a task. Its kind says how to build the request; what to
 * make of the response stands in the table of table.c. A request is built when its turn has
 * come, and retransmitted octet by octet the same until it is answered or the peer is given up.
 */
#ifndef ENGINE_REQUEST_H
#define ENGINE_REQUEST_H

#include "engine/objects.h"
#include "wire/builder.h"

struct create_kind;

/**
 * struct task_kind - a kind of request
 * @name: for logs
 * @exchange: enum exchange_type
 * @encrypted: its payloads go into SK
 * @silence: what may be wrong if there is no answer, or NULL
 * @build: add the payloads; false if it cannot be
 * @create: if it asks for a pair of child SAs: how it goes on
 * @continues: the kind of the request before, where it takes more than one to the same end
 * @bare: no notify of the table goes with it
 */
struct task_kind {
	const char *name;
	uint8_t exchange;
	bool encrypted;
	const char *silence;
	bool (*build)(struct task *task, struct builder *b);
	const struct task_kind *continues;
	const struct create_kind *create;
	bool bare;
};

/* What a request carries that is needed again when the response comes. */
struct task {
	struct list link;
	const struct task_kind *kind;
	struct ike_sa *ike;
	struct child *child;		/* what it is about; NULL also if that is gone meanwhile */
	struct child_sa *pair;		/* the same */
	struct ke *ke;
	uint16_t group;			/* asked for by INVALID_KE_PAYLOAD, KE_NONE for none */
	bool single;			/* one selector of each side */
	bool without_ke;		/* the peer wants no PFS */
	unsigned int tries;
	uint8_t nonce[NONCE_SIZE];
	uint64_t spi;			/* of the new IKE SA */
	uint32_t spi_in;		/* reserved for the new child */
	struct child_sa *rival;		/* what a crossing rekey of the peer made of @child */
	uint8_t rival_nonce[NONCE_SIZE_MAX];	/* the lower one of the peer's exchange */
	size_t rival_nonce_len;
	struct followup *followup;	/* additional key exchanges, see followup.h */
	struct offer offer;
};

/* Whether a task is of a kind, or goes on with one that was. */
static inline bool task_is(const struct task *task, const struct task_kind *kind)
{
	return task->kind == kind || task->kind->continues == kind;
}

/* The peer's exchange that crosses ours had this lowest nonce (RFC 7296 2.8.1). */
void task_crossed(struct task *task, struct bytes ni, struct bytes nr);

/* Whether the lowest of the four nonces is of our exchange: then its SA has to go. */
bool task_lost(const struct task *task, struct bytes nr);

/* What a handler of a response says about the task. */
enum task_result {
	TASK_DONE,
	TASK_AGAIN,			/* build it anew and send it */
	TASK_WAIT,			/* that was not the response */
	TASK_LATER,			/* keep it; later_ask() was called */
};

/**
 * task_new() - make a task
 * @ike: IKE SA
 * @kind: what to ask
 * @pair: what it is about, or NULL
 *
 * Return: the task, NULL without memory.
 */
struct task *task_new(struct ike_sa *ike, const struct task_kind *kind, struct child_sa *pair);

/* Forget a task with what it reserved. */
void task_free(struct task *task);

/**
 * task_ke() - make a key pair for a task
 * @task: task; a pair of the same method is kept
 * @group: key exchange method
 *
 * Return: false if it cannot be made.
 */
bool task_ke(struct task *task, uint16_t group);

/* Hand a task over, to be sent when its turn comes. */
void request_queue(struct ike_sa *ike, struct task *task);

/* Send the next request if none is under way. */
void request_pump(struct ike_sa *ike);

/* The request under way was answered: forget or repeat it; its message id is used up. */
void request_answered(struct ike_sa *ike, enum task_result result);

/* Forget the tasks that wait. */
void request_clear(struct ike_sa *ike);

/* Send nothing any more: forget the request under way as well. */
void request_abandon(struct ike_sa *ike);

/* The task of a kind that waits or is under way, about @pair if that is not NULL; or NULL. */
struct task *request_about(const struct ike_sa *ike, const struct task_kind *kind,
			   const struct child_sa *pair);

/* Whether there is one. */
bool request_under_way(const struct ike_sa *ike, const struct task_kind *kind,
		       const struct child_sa *pair);

/* Take a waiting task of a kind about @pair away; true if there was one. */
bool request_withdraw(struct ike_sa *ike, const struct task_kind *kind,
		      const struct child_sa *pair);

/* Send the request under way again at once, since what comes next is urgent. */
void request_hurry(struct ike_sa *ike);

/* The network has changed: send the request under way again now, and soon again. */
void request_resend(struct ike_sa *ike);

/* Give up at @at at the latest. */
void request_deadline(struct ike_sa *ike, uint64_t at);

/* For ike_sa_new(): the timer of retransmission. */
void request_timeout(void *ike);

/* Keep a copy of a message; false without memory, then @k is empty. */
bool kept_set(struct kept *k, struct bytes message);
void kept_clear(struct kept *k);

#endif
