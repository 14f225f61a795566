/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One small answer from a plain HTTP server, without blocking the loop: revocation lists and
 * OCSP (RFC 5280 4.2.1.13, RFC 6960 A.1).
 *
 * What comes is not trusted: status line and headers are bounded, so is the body, and all of
 * it has to come within HTTP_TIME. Redirects are not followed. The request is HTTP/1.0, so that
 * an answer ends with the connection.
 */
#ifndef SYSTEM_HTTP_H
#define SYSTEM_HTTP_H

#include <stdint.h>

#include "system/loop.h"
#include "wire/bytes.h"

#define HTTP_TIME	5000		/* ms for everything */
#define HTTP_HEAD_MAX	8192
#define HTTP_BODY_MAX	(1 << 20)
#define HTTP_URL_MAX	512

struct http;

/**
 * struct http_request - what to ask
 * @url: "http://host[:port]/path"
 * @type: of @body, for POST
 * @body: copied; empty: GET
 * @mark: netfilter mark of the packets, 0 for none
 */
struct http_request {
	const char *url;
	const char *type;
	struct bytes body;
	uint32_t mark;
};

/**
 * http_start() - begin
 * @loop: loop
 * @request: what to ask
 * @done: called from the loop, once, with the body, or with an error: one line; the exchange
 *	is over by then
 * @arg: for @done
 *
 * Return: the exchange; NULL if the URL is none or without memory.
 */
struct http *http_start(struct loop *loop, const struct http_request *request,
			void (*done)(void *arg, struct bytes body, const char *error), void *arg);

/* Forget an exchange whose end has not come. NULL is allowed. */
void http_cancel(struct http *http);

#endif
