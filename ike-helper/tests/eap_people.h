/* SPDX-License-Identifier: GPL-2.0 */
/* What tests of EAP need: somebody with a password, and somebody who knows users. */
#ifndef ESPUDP_TESTS_EAP_PEOPLE_H
#define ESPUDP_TESTS_EAP_PEOPLE_H

#include "auth/credentials.h"
#include "auth/eap.h"

/* Let credentials prove themselves by these methods, in this order; 0 ends the list. */
void eap_ours(struct credentials *c, const char *user, const char *password, uint8_t first,
	      uint8_t second);

/* Let them ask for these methods; the users are alice, bob and zoe, with their names backwards. */
void eap_theirs(struct credentials *c, uint8_t first, uint8_t second);

/* Two ends that have not spoken yet; the client calls itself client.example.com. */
void eap_meet(struct credentials *p, struct credentials *s, struct eap **peer, struct eap **server);

#endif
