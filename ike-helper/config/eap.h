/* SPDX-License-Identifier: GPL-2.0 */
/* EAP in a configuration: methods, our name and password, users; and what must hold between them. */
#ifndef CONFIG_EAP_H
#define CONFIG_EAP_H

#include "config/keys.h"

/**
 * struct eap_given - which keys a file has
 * @password: Password; the others are the keys of these names
 * @ours: EAP of [Interface]
 * @theirs: EAP of [Peer]
 */
struct eap_given {
	bool password, user, ours;
	bool theirs, users, only;
	bool endpoint, start, certificate, ca, public_key;
};

/**
 * struct eap_wrong - what is wrong
 * @section: with the key
 * @key: where the error is shown
 * @text: in words
 */
struct eap_wrong {
	const char *section, *key, *text;
};

/* Defaults: the methods that a password and users stand for, and our identity. */
void eap_settle(struct config *c, const struct eap_given *given);

/* Whether the keys fit each other; otherwise @wrong is set. */
bool eap_fits(const struct config *c, const struct eap_given *given, struct eap_wrong *wrong);

#endif
