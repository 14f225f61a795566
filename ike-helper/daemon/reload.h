/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading the configuration of a running tunnel again, and applying the difference.
 *
 * What a change of a key takes stands in its row (enum config_apply). SAs whose keys did not change go on
 * as they are; a file that is wrong changes nothing.
 */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include "config/config.h"
#include "daemon/tunnel.h"

/* What became of it. */
enum reload_result {
	RELOAD_UNCHANGED,	/* the file says what it said */
	RELOAD_CHANGED,		/* the SAs go on */
	RELOAD_ANEW,		/* the peers are spoken to anew */
	RELOAD_REFUSED,		/* the file is wrong, or the change cannot be made: all is as it was */
};

/**
 * struct reload_outcome - of one tunnel
 * @result: what became of it
 * @keys: names of the keys that have changed, separated by ", "
 * @why: of a refusal: errors, one a line
 */
struct reload_outcome {
	enum reload_result result;
	char keys[512];
	char why[CONFIG_ERRORS_MAX * CONFIG_ERROR_SIZE + 64];
};

/* "unchanged", "changed", "anew", "refused" */
const char *reload_result_name(enum reload_result result);

/**
 * reload_tunnel() - read the file of a tunnel again
 * @outcome: set; it is in the log too
 */
void reload_tunnel(struct tunnel *t, struct reload_outcome *outcome);

/**
 * reload_text() - the errors of a file, one a line
 * @out: buffer of @size octets
 */
void reload_errors(char *out, size_t size, const struct config_report *report);

#endif
