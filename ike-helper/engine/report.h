/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the engine tells: one line a time, through the event function of its table.
 */
#ifndef ENGINE_REPORT_H
#define ENGINE_REPORT_H

#include "engine/objects.h"
#include "wire/builder.h"

/* A line about a policy and a remote address; either may be NULL. */
void report_event(struct engine *e, enum engine_event_kind kind, const struct policy *policy,
	       const struct address *remote, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* A line about an IKE SA. */
void report_ike(const struct ike_sa *ike, enum engine_event_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Which payloads a message has that came, or that went. */
void report_received(const struct ike_sa *ike, const struct message *m);
void report_sent(const struct ike_sa *ike, const struct builder *b);

/* A line about a child of a connection. */
void report_child(const struct child *child, enum engine_event_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * report_stranger() - a line that somebody unauthenticated causes
 * @e: engine
 * @kind: kind
 * @remote: who
 * @format: text
 *
 * At most ten in ten seconds, so that nobody can fill the log.
 */
void report_stranger(struct engine *e, enum engine_event_kind kind, const struct address *remote,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/**
 * report_attempt() - a stranger's attempt to connect, which failed
 * @e: engine
 * @path: of the request
 * @policy: what it was for, NULL if that is not known: then it may be one that waits for that very
 *	address
 * @format: text, which also becomes the reason why that policy is not up
 */
void report_attempt(struct engine *e, const struct path *path, struct policy *policy,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));

/**
 * report_refusal() - an authenticated peer's request for a child, which was refused
 * @ike: IKE SA
 * @kind: kind
 * @format: text, which also becomes the reason why the policy is not up, unless it is
 */
void report_refusal(const struct ike_sa *ike, enum engine_event_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
