/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A helper that says what a test tells it to say, on a control socket of its own.
 */
#ifndef TOOLS_TESTS_FAKE_HELPER_H
#define TOOLS_TESTS_FAKE_HELPER_H

#include <stddef.h>
#include <sys/types.h>

/**
 * struct fake_reply - what is said to a request
 * @wanted: that the request must hold; another request is answered with an error
 * @data: octets of the answer, with its NUL
 * @len: of @data; 0: close the connection
 * @times: it is given so often before the next; 0: once
 */
struct fake_reply {
	const char *wanted;
	const char *data;
	size_t len;
	int times;
};

/* A reply of a string, with its NUL; one that is given often; one that closes the connection. */
#define FAKE(wanted, text)	{ wanted, text, sizeof(text), 0 }
#define FAKE_OFTEN(wanted, text, times) { wanted, text, sizeof(text), times }
#define FAKE_CLOSE(wanted)	{ wanted, NULL, 0, 0 }

/**
 * struct fake_helper - the process that answers
 * @pid: of it
 * @path: of its socket
 */
struct fake_helper {
	pid_t pid;
	char path[64];
};

/**
 * fake_start - start a helper that gives these replies, one after the other, over any connections
 * @helper: filled; end it with fake_stop()
 * @replies: in order; the last is given again and again
 * @count: of @replies
 */
void fake_start(struct fake_helper *helper, const struct fake_reply *replies, size_t count);

/**
 * fake_stop - end a helper and take its socket away
 * @helper: from fake_start()
 */
void fake_stop(struct fake_helper *helper);

#endif
