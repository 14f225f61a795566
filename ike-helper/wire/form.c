// SPDX-License-Identifier: GPL-2.0
#include "wire/form.h"

#include <string.h>

#include "wire/message.h"

#define ANY_LENGTH	UINT16_MAX

#define NUMBER(label, octets, type, member, lowest, highest, registry) {		\
	.name = label, .kind = FIELD_NUMBER, .size = octets, .space = registry,		\
	.offset = offsetof(type, member), .min = lowest, .max = highest }
#define U8(label, type, member, lowest, registry)					\
	NUMBER(label, 1, type, member, lowest, UINT8_MAX, registry)
#define U16(label, type, member, lowest, registry)					\
	NUMBER(label, 2, type, member, lowest, UINT16_MAX, registry)
#define RESERVED(octets) { .name = "reserved", .kind = FIELD_RESERVED, .size = octets }
#define MORE(value) { .name = "last substructure", .kind = FIELD_MORE, .size = 1, .max = value }
#define LENGTH { .name = "length", .kind = FIELD_LENGTH, .size = 2 }
#define SIZE(label, type, member, most) {						\
	.name = label, .kind = FIELD_SIZE, .size = 1,					\
	.offset = offsetof(type, member), .max = most }
#define SIZED(label, type, member) {							\
	.name = label, .kind = FIELD_SIZED, .offset = offsetof(type, member) }
#define REST(label, type, member, least, most) {					\
	.name = label, .kind = FIELD_REST, .offset = offsetof(type, member),		\
	.min = least, .max = most }
#define SECRET(label, type, member, least) {						\
	.name = label, .kind = FIELD_REST, .offset = offsetof(type, member),		\
	.min = least, .max = ANY_LENGTH, .secret = true }
#define COUNT(label, type, member) {							\
	.name = label, .kind = FIELD_COUNT, .size = 1,					\
	.count_offset = offsetof(type, member), .max = UINT8_MAX }
#define LIST(label, type, member, counter, form, least, most, agree) {			\
	.name = label, .kind = FIELD_LIST, .offset = offsetof(type, member),		\
	.count_offset = offsetof(type, counter), .element = form,			\
	.min = least, .max = most, .counted = agree }
#define ADDRESS(label, member) {							\
	.name = label, .kind = FIELD_ADDRESS,						\
	.offset = offsetof(struct traffic_selector, member) }

#define FIELDS(array) .fields = array, .count = sizeof(array) / sizeof(array[0])

uint32_t delete_spi(const struct payload_delete *del, size_t index)
{
	if (del->spi_size != ESP_SPI_SIZE || index >= del->spis.len / ESP_SPI_SIZE)
		return 0;
	return get_be32(del->spis.data + index * ESP_SPI_SIZE);
}

size_t selector_address_size(uint8_t type)
{
	switch (type) {
	case TS_IPV4_ADDR_RANGE:
		return 4;
	case TS_IPV6_ADDR_RANGE:
		return 16;
	default:
		return 0;
	}
}

static const char *check_proposal(const void *value)
{
	const struct proposal *p = value;

	if (p->protocol == PROTOCOL_IKE && p->spi.len && p->spi.len != IKE_SPI_SIZE)
		return "SPI of IKE has neither 0 nor 8 octets";
	if ((p->protocol == PROTOCOL_ESP || p->protocol == PROTOCOL_AH) &&
	    p->spi.len != ESP_SPI_SIZE)
		return "SPI of ESP or AH has not 4 octets";
	return NULL;
}

static const char *check_delete(const void *value)
{
	const struct payload_delete *del = value;

	if ((size_t)del->spi_size * del->count != del->spis.len)
		return "SPI size and number of SPIs do not match the length";
	if (del->protocol == PROTOCOL_IKE && del->spi_size)
		return "SPI size is not 0 for IKE";
	if ((del->protocol == PROTOCOL_ESP || del->protocol == PROTOCOL_AH) &&
	    del->spi_size != ESP_SPI_SIZE)
		return "SPI size is not 4 for ESP or AH";
	return NULL;
}

static const char *check_selector(const void *value)
{
	const struct traffic_selector *ts = value;
	bool opaque = ts->port_start == UINT16_MAX && ts->port_end == 0;

	if (!selector_address_size(ts->type))
		return NULL;
	if (ts->port_start > ts->port_end && !opaque)
		return "start port is above end port";
	if (memcmp(ts->start, ts->end, sizeof(ts->start)) > 0)
		return "start address is above end address";
	return NULL;
}

static const char *check_fragment(const void *value)
{
	const struct payload_skf *skf = value;

	return skf->number > skf->total ? "fragment number is above the total" : NULL;
}

static const struct field transform_fields[] = {
	MORE(3),
	RESERVED(1),
	LENGTH,
	U8("transform type", struct transform, type, 0, NUMBER_TRANSFORM_TYPE),
	RESERVED(1),
	U16("transform ID", struct transform, id, 0, NUMBER_SPACES),
	{ .name = "attributes", .kind = FIELD_ATTRIBUTES },
};

static const struct form transform_form = {
	FIELDS(transform_fields),
	.struct_size = sizeof(struct transform),
	.pool = POOL_TRANSFORMS,
	.header = 8,
	.length_at = 2,
};

static const struct field proposal_fields[] = {
	MORE(2),
	RESERVED(1),
	LENGTH,
	U8("proposal number", struct proposal, number, 0, NUMBER_SPACES),
	U8("protocol ID", struct proposal, protocol, 0, NUMBER_PROTOCOL),
	SIZE("SPI size", struct proposal, spi, UINT8_MAX),
	COUNT("number of transforms", struct proposal, count),
	SIZED("SPI", struct proposal, spi),
	LIST("transforms", struct proposal, transforms, count, &transform_form,
	     0, TRANSFORM_MAX, true),
};

static const struct form proposal_form = {
	FIELDS(proposal_fields),
	.struct_size = sizeof(struct proposal),
	.pool = POOL_PROPOSALS,
	.header = 8,
	.length_at = 2,
	.check = check_proposal,
};

static const struct field sa_fields[] = {
	LIST("proposals", struct payload_sa, proposals, count, &proposal_form,
	     1, MESSAGE_PROPOSALS, false),
};

static const struct field ke_fields[] = {
	U16("method", struct payload_ke, group, 0, NUMBER_KE),
	RESERVED(2),
	REST("key exchange data", struct payload_ke, data, 1, ANY_LENGTH),
};

static const struct field id_fields[] = {
	U8("ID type", struct payload_id, type, 0, NUMBER_ID),
	RESERVED(3),
	REST("identification data", struct payload_id, data, 0, ANY_LENGTH),
};

static const struct field cert_fields[] = {
	U8("encoding", struct payload_cert, encoding, 0, NUMBER_CERT),
	REST("data", struct payload_cert, data, 0, ANY_LENGTH),
};

static const struct field auth_fields[] = {
	U8("auth method", struct payload_auth, method, 1, NUMBER_AUTH),
	RESERVED(3),
	SECRET("authentication data", struct payload_auth, data, 0),
};

static const struct field nonce_fields[] = {
	REST("nonce", struct payload_data, data, NONCE_SIZE_MIN, NONCE_SIZE_MAX),
};

static const struct field notify_fields[] = {
	U8("protocol ID", struct payload_notify, protocol, 0, NUMBER_PROTOCOL),
	SIZE("SPI size", struct payload_notify, spi, UINT8_MAX),
	U16("notify type", struct payload_notify, type, 0, NUMBER_NOTIFY),
	SIZED("SPI", struct payload_notify, spi),
	REST("notification data", struct payload_notify, data, 0, ANY_LENGTH),
};

static const struct field delete_fields[] = {
	U8("protocol ID", struct payload_delete, protocol, 0, NUMBER_PROTOCOL),
	U8("SPI size", struct payload_delete, spi_size, 0, NUMBER_SPACES),
	U16("number of SPIs", struct payload_delete, count, 0, NUMBER_SPACES),
	REST("SPIs", struct payload_delete, spis, 0, ANY_LENGTH),
};

static const struct field vendor_fields[] = {
	REST("vendor ID", struct payload_data, data, 0, ANY_LENGTH),
};

static const struct field selector_fields[] = {
	U8("TS type", struct traffic_selector, type, 0, NUMBER_TS),
	U8("IP protocol", struct traffic_selector, protocol, 0, NUMBER_SPACES),
	LENGTH,
	U16("start port", struct traffic_selector, port_start, 0, NUMBER_SPACES),
	U16("end port", struct traffic_selector, port_end, 0, NUMBER_SPACES),
	ADDRESS("start address", start),
	ADDRESS("end address", end),
};

static const struct form selector_form = {
	FIELDS(selector_fields),
	.struct_size = sizeof(struct traffic_selector),
	.pool = POOL_SELECTORS,
	.header = 8,
	.length_at = 2,
	.check = check_selector,
};

static const struct field ts_fields[] = {
	COUNT("number of TSs", struct payload_ts, count),
	RESERVED(3),
	LIST("traffic selectors", struct payload_ts, selectors, count, &selector_form,
	     1, MESSAGE_SELECTORS, true),
};

static const struct field sk_fields[] = {
	SECRET("encrypted data", struct payload_data, data, 0),
};

static const struct field skf_fields[] = {
	U16("fragment number", struct payload_skf, number, 1, NUMBER_SPACES),
	U16("total fragments", struct payload_skf, total, 1, NUMBER_SPACES),
	SECRET("encrypted data", struct payload_skf, data, 0),
};

static const struct field cfg_attribute_fields[] = {
	{
		.name = "attribute type", .kind = FIELD_NUMBER, .size = 2,
		.space = NUMBER_CFG_ATTRIBUTE, .offset = offsetof(struct cfg_attribute, type),
		.ignored = 0x8000, .max = 0x7fff,
	},
	LENGTH,
	REST("value", struct cfg_attribute, value, 0, ANY_LENGTH),
};

static const struct form cfg_attribute_form = {
	FIELDS(cfg_attribute_fields),
	.struct_size = sizeof(struct cfg_attribute),
	.pool = POOL_CFG_ATTRIBUTES,
	.header = 4,
	.length_at = 2,
	.length_extra = 4,
};

static const struct field cp_fields[] = {
	U8("CFG type", struct payload_cp, type, 0, NUMBER_CFG),
	RESERVED(3),
	LIST("attributes", struct payload_cp, attributes, count, &cfg_attribute_form,
	     0, MESSAGE_CFG_ATTRIBUTES, false),
};

static const struct field eap_fields[] = {
	SECRET("EAP message", struct payload_data, data, 4),
};

#define PAYLOAD(number, array, member) \
	[number] = { FIELDS(array), .offset = offsetof(struct payload, member) }

static const struct form payload_forms[] = {
	PAYLOAD(PAYLOAD_SA, sa_fields, sa),
	PAYLOAD(PAYLOAD_KE, ke_fields, ke),
	PAYLOAD(PAYLOAD_IDI, id_fields, id),
	PAYLOAD(PAYLOAD_IDR, id_fields, id),
	PAYLOAD(PAYLOAD_CERT, cert_fields, cert),
	PAYLOAD(PAYLOAD_CERTREQ, cert_fields, cert),
	PAYLOAD(PAYLOAD_AUTH, auth_fields, auth),
	PAYLOAD(PAYLOAD_NONCE, nonce_fields, nonce),
	PAYLOAD(PAYLOAD_NOTIFY, notify_fields, notify),
	PAYLOAD(PAYLOAD_VENDOR, vendor_fields, vendor),
	PAYLOAD(PAYLOAD_TSI, ts_fields, ts),
	PAYLOAD(PAYLOAD_TSR, ts_fields, ts),
	PAYLOAD(PAYLOAD_SK, sk_fields, sk),
	PAYLOAD(PAYLOAD_CP, cp_fields, cp),
	PAYLOAD(PAYLOAD_EAP, eap_fields, eap),
	[PAYLOAD_DELETE] = {
		FIELDS(delete_fields),
		.offset = offsetof(struct payload, del),
		.check = check_delete,
	},
	[PAYLOAD_SKF] = {
		FIELDS(skf_fields),
		.offset = offsetof(struct payload, skf),
		.check = check_fragment,
	},
};

const struct form *form_of(uint8_t type)
{
	if (type >= sizeof(payload_forms) / sizeof(payload_forms[0]) ||
	    !payload_forms[type].fields)
		return NULL;
	return &payload_forms[type];
}
