// SPDX-License-Identifier: GPL-2.0
/* Proposals: offering, choosing, checking (RFC 7296 2.7, 3.3). */
#include "engine/proposal.h"

#include <stdio.h>
#include <string.h>

#include "crypto/ke.h"
#include "crypto/prf.h"
#include "crypto/sk.h"
#include "crypto/weak.h"

static const struct algorithms ike_defaults = {
	.encr = { { ENCR_AES_GCM_16, 256 }, { ENCR_AES_GCM_16, 128 }, { ENCR_CHACHA20_POLY1305, 0 },
		  { ENCR_AES_CBC, 256 }, { ENCR_AES_CBC, 128 } },
	.n_encr = 5,
	.integ = { INTEG_HMAC_SHA2_256_128, INTEG_HMAC_SHA2_384_192, INTEG_HMAC_SHA2_512_256 },
	.n_integ = 3,
	.prf = { PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_384, PRF_HMAC_SHA2_512 },
	.n_prf = 3,
	.ke = { KE_X25519, KE_ECP_256, KE_ECP_384, KE_MODP_3072 },
	.n_ke = 4,
	.addke = { { KE_ML_KEM_768, KE_NONE } },
	.n_addke = { 2 },
};

static const struct algorithms esp_defaults = {
	.encr = { { ENCR_AES_GCM_16, 128 },
		  { ENCR_AES_GCM_16, 256 },
		  { ENCR_CHACHA20_POLY1305, 0 },
		  { ENCR_AES_CBC, 128 },
		  { ENCR_AES_CBC, 256 } },
	.n_encr = 5,
	.integ = { INTEG_HMAC_SHA2_256_128, INTEG_HMAC_SHA2_384_192, INTEG_HMAC_SHA2_512_256 },
	.n_integ = 3,
	.ke = { KE_X25519, KE_ECP_256, KE_ECP_384, KE_MODP_3072 },
	.n_ke = 4,
};

static bool is_addke(uint8_t type)
{
	return type >= TRANSFORM_ADDKE1 && type <= TRANSFORM_ADDKE7;
}

/* Types that may be answered with NONE where we have no use for them. */
static bool type_may_be_none(uint8_t type)
{
	return type == TRANSFORM_INTEG || type == TRANSFORM_KE ||
	       is_addke(type);
}

static void offer_add(struct offer *o, uint8_t type, uint16_t id, uint16_t bits)
{
	struct proposal *p = &o->proposals[o->count];

	if (p->count == OFFER_TRANSFORMS)
		return;
	o->transforms[o->count][p->count++] =
		(struct transform){ .type = type, .id = id, .key_bits = bits };
}

static void offer_add_list(struct offer *o, uint8_t type, const uint16_t *ids, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if ((type == TRANSFORM_KE || is_addke(type)) && ids[i] != KE_NONE &&
		    !ke_supported(ids[i]))
			continue;
		if (type == TRANSFORM_PRF && !prf_size(ids[i]))
			continue;
		offer_add(o, type, ids[i], 0);
	}
}

/* The ciphers of one sort; false if there are none. */
static bool offer_add_ciphers(struct offer *o, const struct algorithms *a,
			      const struct algorithms *defaults, bool aead)
{
	const struct algorithms *from = a->n_encr ? a : defaults;
	const struct cipher *c;
	bool any = false;
	size_t i;

	for (i = 0; i < from->n_encr; i++) {
		c = cipher_find(from->encr[i].id, from->encr[i].bits);
		if (!c || c->aead != aead)
			continue;
		offer_add(o, TRANSFORM_ENCR, from->encr[i].id, from->encr[i].bits);
		any = true;
	}
	return any;
}

static void offer_begin(struct offer *o, uint8_t protocol)
{
	o->proposals[o->count] = (struct proposal){
		.number = (uint8_t)(o->count + 1),
		.protocol = protocol,
		.transforms = o->transforms[o->count],
	};
}

static void offer_add_integ(struct offer *o, const struct algorithms *a,
			    const struct algorithms *defaults)
{
	const struct algorithms *from = a->n_integ ? a : defaults;

	offer_add_list(o, TRANSFORM_INTEG, from->integ, from->n_integ);
}

static bool addke_is_optional(const struct algorithms *a, size_t n)
{
	size_t i;

	for (i = 0; i < a->n_addke[n]; i++)
		if (a->addke[n][i] == KE_NONE)
			return true;
	return !a->n_addke[n];
}

/* Whether proposals with additional key exchanges are to be made, and whether those without. */
static void addke_wanted(const struct algorithms *a, bool *with, bool *without)
{
	size_t n, i;

	*with = false;
	*without = true;
	for (n = 0; n < ENGINE_ADDKE; n++) {
		for (i = 0; i < a->n_addke[n]; i++)
			*with |= a->addke[n][i] != KE_NONE && ke_supported(a->addke[n][i]);
		*without &= addke_is_optional(a, n);
	}
}

static void offer_add_addke(struct offer *o, const struct algorithms *a)
{
	size_t n;

	for (n = 0; n < ENGINE_ADDKE; n++)
		offer_add_list(o, (uint8_t)(TRANSFORM_ADDKE1 + n), a->addke[n], a->n_addke[n]);
}

/* The two proposals for IKE; @addke: whose additional key exchanges they have, NULL for none. */
static void offer_ike_pair(struct offer *offer, const struct algorithms *a,
			   const struct algorithms *addke, bool aead_only)
{
	const struct algorithms *prf = a->n_prf ? a : &ike_defaults;
	const struct algorithms *ke = a->n_ke ? a : &ike_defaults;
	int aead;

	for (aead = 1; aead >= aead_only; aead--) {
		offer_begin(offer, PROTOCOL_IKE);
		if (!offer_add_ciphers(offer, a, &ike_defaults, aead))
			continue;
		if (!aead)
			offer_add_integ(offer, a, &ike_defaults);
		offer_add_list(offer, TRANSFORM_PRF, prf->prf, prf->n_prf);
		offer_add_list(offer, TRANSFORM_KE, ke->ke, ke->n_ke);
		if (addke)
			offer_add_addke(offer, addke);
		offer->count++;
	}
}

/* Whose additional key exchanges count: none are forced on who chose key exchanges. */
static const struct algorithms *addke_of_ike(const struct algorithms *a)
{
	size_t n;

	if (a->n_ke)
		return a;
	for (n = 0; n < ENGINE_ADDKE; n++)
		if (a->n_addke[n])
			return a;
	return &ike_defaults;
}

void offer_ike(struct offer *offer, const struct algorithms *a, bool addke)
{
	const struct algorithms *from = addke_of_ike(a);
	bool with, without;

	addke_wanted(from, &with, &without);
	offer->count = 0;
	/* Who knows additional key exchanges knows AEADs; that keeps the default short. */
	if (addke && with)
		offer_ike_pair(offer, a, from, without && !a->n_encr);
	if (without)
		offer_ike_pair(offer, a, NULL, false);
}

static void offer_child_pair(struct offer *offer, const struct algorithms *a, bool esn,
			     enum offer_ke ke, bool addke)
{
	const struct algorithms *methods = a->n_ke ? a : &esp_defaults;
	int aead;

	for (aead = 1; aead >= 0; aead--) {
		offer_begin(offer, PROTOCOL_ESP);
		if (!offer_add_ciphers(offer, a, &esp_defaults, aead))
			continue;
		if (!aead)
			offer_add_integ(offer, a, &esp_defaults);
		if (ke != OFFER_KE_ABSENT)
			offer_add_list(offer, TRANSFORM_KE, methods->ke, methods->n_ke);
		/* Additional ones are in addition to something. */
		if (ke == OFFER_KE_OPTIONAL && !addke)
			offer_add(offer, TRANSFORM_KE, KE_NONE, 0);
		if (addke)
			offer_add_addke(offer, a);
		if (esn)
			offer_add(offer, TRANSFORM_ESN, ESN_YES, 0);
		offer_add(offer, TRANSFORM_ESN, ESN_NO, 0);
		offer->count++;
	}
}

void offer_child(struct offer *offer, const struct algorithms *a, bool esn, enum offer_ke ke)
{
	offer->count = 0;
	offer_child_pair(offer, a, esn, ke, false);
}

void offer_child_addke(struct offer *offer, const struct algorithms *a, bool esn, enum offer_ke ke)
{
	bool with, without;

	addke_wanted(a, &with, &without);
	offer->count = 0;
	if (with && ke != OFFER_KE_ABSENT)
		offer_child_pair(offer, a, esn, ke, true);
	if (without || ke == OFFER_KE_ABSENT)
		offer_child_pair(offer, a, esn, ke, false);
}

void offer_set_spi(struct offer *offer, uint64_t spi, size_t size)
{
	size_t i;

	if (size == IKE_SPI_SIZE)
		put_be64(offer->spi, spi);
	else
		put_be32(offer->spi, (uint32_t)spi);
	for (i = 0; i < offer->count; i++)
		offer->proposals[i].spi = bytes_make(offer->spi, size);
}

struct payload_sa offer_payload(const struct offer *offer)
{
	return (struct payload_sa){ .proposals = offer->proposals, .count = offer->count };
}

uint16_t offer_first_ke(const struct offer *offer)
{
	const struct proposal *p = &offer->proposals[0];
	size_t i;

	for (i = 0; offer->count && i < p->count; i++)
		if (p->transforms[i].type == TRANSFORM_KE)
			return p->transforms[i].id;
	return KE_NONE;
}

static const struct transform *find(const struct proposal *p, uint8_t type, uint16_t id,
				    uint16_t bits)
{
	const struct transform *t;
	size_t i;

	for (i = 0; i < p->count; i++) {
		t = &p->transforms[i];
		if (t->type == type && t->id == id && t->key_bits == bits && !t->unusable)
			return t;
	}
	return NULL;
}

static bool has_type(const struct proposal *p, uint8_t type)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (p->transforms[i].type == type)
			return true;
	return false;
}

bool offer_has_ke(const struct offer *offer, uint16_t ke)
{
	size_t i;

	for (i = 0; i < offer->count; i++)
		if (find(&offer->proposals[i], TRANSFORM_KE, ke, 0))
			return true;
	return false;
}

uint16_t offer_likely_ke(const struct offer *offer, uint16_t used)
{
	return used != KE_NONE && offer_has_ke(offer, used) ? used : offer_first_ke(offer);
}

static void suite_set(struct suite *s, const struct transform *t)
{
	switch (t->type) {
	case TRANSFORM_ENCR:
		s->encr = t->id;
		s->encr_bits = t->key_bits;
		break;
	case TRANSFORM_PRF:
		s->prf = t->id;
		break;
	case TRANSFORM_INTEG:
		s->integ = t->id;
		break;
	case TRANSFORM_KE:
		s->ke = t->id;
		break;
	case TRANSFORM_ESN:
		s->esn = t->id == ESN_YES;
		break;
	default:
		if (is_addke(t->type))
			s->addke[t->type - TRANSFORM_ADDKE1] = t->id;
	}
}

/* No method may serve twice in one exchange (RFC 9370 2.2.2). */
static bool serves_already(const struct suite *s, const struct transform *t)
{
	size_t n;

	if (!is_addke(t->type) || t->id == KE_NONE)
		return false;
	for (n = 0; n < ENGINE_ADDKE; n++)
		if (s->addke[n] == t->id && t->type != TRANSFORM_ADDKE1 + n)
			return true;
	return s->ke == t->id;
}

/* The transform of a type that both have: in our order, but the KE payload's method first. */
static const struct transform *choose(const struct proposal *ours, const struct proposal *theirs,
				      uint8_t type, uint16_t ke, const struct suite *so_far)
{
	const struct transform *t;
	size_t i;

	if (type == TRANSFORM_KE && find(ours, type, ke, 0) && find(theirs, type, ke, 0))
		return find(ours, type, ke, 0);
	for (i = 0; i < ours->count; i++) {
		t = &ours->transforms[i];
		if (t->type == type && find(theirs, type, t->id, t->key_bits) &&
		    !serves_already(so_far, t))
			return t;
	}
	return NULL;
}

static bool choose_type(const struct proposal *ours, const struct proposal *theirs, uint8_t type,
			uint16_t ke, struct choice *c)
{
	const struct transform *t;
	static const struct transform none;
	struct transform *to;

	if (!has_type(theirs, type))	/* what we want and they do not have must be dispensable */
		return !has_type(ours, type) ||
		       ((type == TRANSFORM_KE || is_addke(type)) &&
			find(ours, type, KE_NONE, 0));
	t = choose(ours, theirs, type, ke, &c->suite);
	if (!t && (has_type(ours, type) || !type_may_be_none(type) || !find(theirs, type, 0, 0)))
		return false;
	to = &c->transforms[c->proposal.count++];
	*to = t ? *t : none;
	to->type = type;
	suite_set(&c->suite, to);
	return true;
}

static bool choose_proposal(const struct proposal *ours, const struct proposal *theirs, uint16_t ke,
			    struct choice *c)
{
	uint8_t type;
	size_t i;

	*c = (struct choice){ .spi = theirs->spi };
	c->proposal = (struct proposal){
		.number = theirs->number,
		.protocol = theirs->protocol,
		.transforms = c->transforms,
	};
	for (i = 0; i < theirs->count; i++)
		if (theirs->transforms[i].type > TRANSFORM_ADDKE7)
			return false;	/* a type that we do not know (RFC 7296 3.3.6) */
	for (type = TRANSFORM_ENCR; type <= TRANSFORM_ADDKE7; type++)
		if (!choose_type(ours, theirs, type, ke, c))
			return false;
	return true;
}

bool offer_choose(const struct offer *offer, const struct payload_sa *theirs, size_t spi_size,
		  uint16_t ke, struct choice *choice)
{
	const struct proposal *p;
	size_t i, k;

	for (i = 0; i < theirs->count; i++) {
		p = &theirs->proposals[i];
		for (k = 0; k < offer->count; k++) {
			if (p->protocol != offer->proposals[k].protocol || p->spi.len != spi_size)
				continue;
			if (choose_proposal(&offer->proposals[k], p, ke, choice))
				return true;
		}
	}
	return false;
}

bool offer_check(const struct offer *offer, const struct payload_sa *answer, size_t spi_size,
		 struct suite *suite)
{
	const struct proposal *ours, *p = answer->proposals;
	const struct transform *t;
	bool seen[TRANSFORM_ADDKE7 + 1] = { false };
	uint8_t type;
	size_t i;

	*suite = (struct suite){ 0 };
	if (answer->count != 1 || !p->number || p->number > offer->count)
		return false;
	ours = &offer->proposals[p->number - 1];
	if (p->protocol != ours->protocol || p->spi.len != spi_size)
		return false;
	for (i = 0; i < p->count; i++) {
		t = &p->transforms[i];
		if (t->type > TRANSFORM_ADDKE7 || seen[t->type] || t->unusable)
			return false;
		/* NONE where nothing was offered says nothing. */
		if (serves_already(suite, t))
			return false;
		if (!find(ours, t->type, t->id, t->key_bits) &&
		    (has_type(ours, t->type) || !type_may_be_none(t->type) || t->id))
			return false;
		seen[t->type] = true;
		suite_set(suite, t);
	}
	for (type = TRANSFORM_ENCR; type <= TRANSFORM_ADDKE7; type++)
		if (!seen[type] && has_type(ours, type) &&
		    !((type == TRANSFORM_KE || is_addke(type)) && find(ours, type, KE_NONE, 0)))
			return false;
	return true;
}

const char *offer_weakness(char *out, size_t size, const struct payload_sa *theirs)
{
	char name[NUMBER_NAME_SIZE];
	const struct transform *t;
	const char *why;
	size_t i, k;

	out[0] = '\0';
	for (i = 0; i < theirs->count; i++)
		for (k = 0; k < theirs->proposals[i].count; k++) {
			t = &theirs->proposals[i].transforms[k];
			why = weak_reason(t->type, t->id);
			if (!why)
				continue;
			snprintf(out, size, "; %s is refused: %s",
				 number_name(name, number_transform_space(t->type), t->id), why);
			return out;
		}
	return out;
}

/* Whether the additional key exchanges of a suite are what a proposal has. */
static bool addke_allowed(const struct proposal *p, const struct suite *s)
{
	uint8_t type;
	size_t n;

	for (n = 0; n < ENGINE_ADDKE; n++) {
		type = (uint8_t)(TRANSFORM_ADDKE1 + n);
		if (!find(p, type, s->addke[n], 0) && (s->addke[n] || has_type(p, type)))
			return false;
	}
	return true;
}

unsigned int suite_addke(const struct suite *s)
{
	unsigned int count = 0;
	size_t n;

	for (n = 0; n < ENGINE_ADDKE; n++)
		count += s->addke[n] != KE_NONE;
	return count;
}

uint16_t suite_next_addke(const struct suite *s, unsigned int done)
{
	size_t n;

	for (n = 0; n < ENGINE_ADDKE; n++)
		if (s->addke[n] != KE_NONE && !done--)
			return s->addke[n];
	return KE_NONE;
}

bool offer_allows(const struct offer *offer, const struct suite *s)
{
	const struct proposal *p;
	size_t i;

	for (i = 0; i < offer->count; i++) {
		p = &offer->proposals[i];
		if (find(p, TRANSFORM_ENCR, s->encr, s->encr_bits) && addke_allowed(p, s) &&
		    find(p, TRANSFORM_PRF, s->prf, 0) && find(p, TRANSFORM_KE, s->ke, 0) &&
		    (s->integ == INTEG_NONE ? !has_type(p, TRANSFORM_INTEG) :
					      !!find(p, TRANSFORM_INTEG, s->integ, 0)))
			return true;
	}
	return false;
}

const char *suite_print(char *out, size_t size, const struct suite *s, bool ike)
{
	char name[NUMBER_NAME_SIZE];
	struct text t;
	size_t n;

	text_init(&t, out, size);
	if (!s->encr)
		return out;
	text_add(&t, "%s", number_name(name, NUMBER_ENCR, s->encr));
	if (s->encr_bits)
		text_add(&t, "-%u", s->encr_bits);
	if (s->integ)
		text_add(&t, "/%s", number_name(name, NUMBER_INTEG, s->integ));
	if (ike)
		text_add(&t, "/%s", number_name(name, NUMBER_PRF, s->prf));
	if (s->ke)
		text_add(&t, "/%s", number_name(name, NUMBER_KE, s->ke));
	for (n = 0; n < ENGINE_ADDKE; n++)
		if (s->addke[n])
			text_add(&t, "/KE%zu_%s", n + 1, number_name(name, NUMBER_KE, s->addke[n]));
	if (!ike && s->esn)
		text_add(&t, "/ESN");
	return out;
}

static bool complain(char why[ENGINE_TEXT_MAX], enum number_space space, unsigned int id,
		     unsigned int bits)
{
	char name[NUMBER_NAME_SIZE];

	if (bits)
		snprintf(why, ENGINE_TEXT_MAX, "%s with a key length of %u is not supported",
			 number_name(name, space, id), bits);
	else
		snprintf(why, ENGINE_TEXT_MAX, "%s is not supported%s",
			 number_name(name, space, id), space == NUMBER_KE && id >= KE_ML_KEM_512 && id <= KE_ML_KEM_1024 ?
			 " here; libcrypto has ML-KEM from version 3.5 on" : "");
	return false;
}

static bool addke_check(const struct algorithms *a, char why[ENGINE_TEXT_MAX])
{
	size_t n, i;

	for (n = 0; n < ENGINE_ADDKE; n++) {
		if (a->n_addke[n] > ENGINE_TRANSFORMS_MAX) {
			snprintf(why, ENGINE_TEXT_MAX, "more than %d algorithms of one type",
				 ENGINE_TRANSFORMS_MAX);
			return false;
		}
		for (i = 0; i < a->n_addke[n]; i++)
			if (a->addke[n][i] && !ke_supported(a->addke[n][i]))
				return complain(why, NUMBER_KE, a->addke[n][i], 0);
	}
	return true;
}

bool algorithms_check(const struct algorithms *a, bool ike, char why[ENGINE_TEXT_MAX])
{
	const struct cipher *c;
	size_t i;

	if (a->n_encr > ENGINE_TRANSFORMS_MAX || a->n_integ > ENGINE_TRANSFORMS_MAX ||
	    a->n_prf > ENGINE_TRANSFORMS_MAX || a->n_ke > ENGINE_TRANSFORMS_MAX) {
		snprintf(why, ENGINE_TEXT_MAX, "more than %d algorithms of one type",
			 ENGINE_TRANSFORMS_MAX);
		return false;
	}
	for (i = 0; i < a->n_encr; i++) {
		c = cipher_find(a->encr[i].id, a->encr[i].bits);
		if (!c || (ike && c->esp_only))
			return complain(why, NUMBER_ENCR, a->encr[i].id, a->encr[i].bits);
	}
	for (i = 0; i < a->n_integ; i++)
		if (!integ_find(a->integ[i]))
			return complain(why, NUMBER_INTEG, a->integ[i], 0);
	for (i = 0; i < a->n_prf; i++)
		if (!prf_size(a->prf[i]))
			return complain(why, NUMBER_PRF, a->prf[i], 0);
	for (i = 0; i < a->n_ke; i++)
		if (!ke_supported(a->ke[i]))
			return complain(why, NUMBER_KE, a->ke[i], 0);
	return addke_check(a, why);
}
