// SPDX-License-Identifier: GPL-2.0
#include "config/export.h"

#include <string.h>
#include <sys/socket.h>

#include "config/algorithms.h"
#include "crypto/crypto.h"
#include "engine/proposal.h"
#include "wire/numbers.h"

void export_prefixes(FILE *out, const struct config_prefixes *list, const char *quote, const char *between)
{
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < list->count; i++)
		fprintf(out, "%s%s%s%s", i ? between : "", quote, prefix_print(text, &list->list[i]),
			quote);
}

bool export_everything(const struct config_prefixes *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!list->list[i].length)
			return true;
	return false;
}

const char *export_secret(const struct mirror *m, char out[EXPORT_SECRET_SIZE])
{
	static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=._-";
	const struct config_secret *psk = &m->c->psk;
	bool plain = psk->len < 2 || psk->data[0] != '0' || !strchr("xXsS", psk->data[1]);

	for (size_t i = 0; i < psk->len; i++)
		plain = plain && psk->data[i] && strchr(harmless, psk->data[i]);
	if (plain) {
		memcpy(out, psk->data, psk->len);
		out[psk->len] = '\0';
		return out;
	}
	strcpy(out, "0x");
	for (size_t i = 0; i < psk->len; i++)
		sprintf(out + 2 + 2 * i, "%02x", psk->data[i]);
	return out;
}

void export_offer(struct offer *offer, const struct config *c, bool ike)
{
	if (!ike) {
		offer_child(offer, &c->esp, c->esn,
			    c->pfs == ENGINE_PFS_OFF ? OFFER_KE_ABSENT : OFFER_KE_REQUIRED);
		return;
	}
	/* Not all know additional key exchanges, and the default does without. */
	offer_ike(offer, &c->ike, c->ike.n_addke[0]);
}

/* One proposal; @esn: as strongSwan says that both kinds of sequence numbers will do. */
static void add_proposal(struct text *t, const struct proposal *p, bool esn)
{
	char keyword[ALGORITHMS_KEYWORD_SIZE];
	bool first = true;

	for (size_t i = 0; i < p->count; i++) {
		const struct transform *transform = &p->transforms[i];

		if (!algorithms_keyword(keyword, transform))
			continue;
		text_add(t, "%s%s", first ? "" : "-", keyword);
		first = false;
	}
	if (esn)
		text_add(t, "-esn-noesn");
}

const char *export_proposals(const struct config *c, bool ike, char out[EXPORT_PROPOSALS_SIZE],
			     const char *between)
{
	struct offer offer;
	struct text t;

	export_offer(&offer, c, ike);
	text_init(&t, out, EXPORT_PROPOSALS_SIZE);
	for (size_t i = 0; i < offer.count; i++) {
		text_add(&t, "%s", i ? between : "");
		add_proposal(&t, &offer.proposals[i], !ike && c->esn);
	}
	return out;
}

const char *export_uuid(const struct mirror *m, const char *purpose, char out[37])
{
	const struct bytes pieces[] = {
		bytes_make(m->c->name, strlen(m->c->name) + 1), bytes_make(m->at, strlen(m->at) + 1),
		bytes_make(m->peer_id, strlen(m->peer_id) + 1), bytes_make(purpose, strlen(purpose)),
	};
	uint8_t h[CRYPTO_HASH_MAX] = { 0 };

	crypto_hash(HASH_SHA256, pieces, sizeof(pieces) / sizeof(pieces[0]), h);
	/* Version 8, RFC 9562: as we like. */
	h[6] = (h[6] & 0x0f) | 0x80;
	h[8] = (h[8] & 0x3f) | 0x80;
	snprintf(out, 37, "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X", h[0], h[1],
		 h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9], h[10], h[11], h[12], h[13], h[14], h[15]);
	return out;
}
