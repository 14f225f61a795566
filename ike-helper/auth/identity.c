// SPDX-License-Identifier: GPL-2.0
#include "auth/identity.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "crypto/x509.h"
#include "wire/numbers.h"

#define DER_SEQUENCE 0x30

static bool refuse(const char **why, const char *text)
{
	if (why)
		*why = text;
	return false;
}

static bool set(struct identity *id, uint8_t type, struct bytes data)
{
	memset(id, 0, sizeof(*id));
	id->type = type;
	id->len = (uint16_t)data.len;
	memcpy(id->data, data.data, data.len);
	return true;
}

/* No NUL, control, blank or non-ASCII character. */
static bool is_graphic(struct bytes data)
{
	size_t i;

	for (i = 0; i < data.len; i++) {
		if (data.data[i] <= 0x20 || data.data[i] >= 0x7f)
			return false;
	}
	return data.len;
}

/* One DER SEQUENCE that takes exactly all octets, its length in the shortest form. */
static bool is_der_sequence(struct bytes data)
{
	size_t len = 0, more, i;
	struct reader r;
	uint8_t first;

	reader_init(&r, data);
	if (reader_u8(&r) != DER_SEQUENCE)
		return false;
	first = reader_u8(&r);
	more = first & 0x7f;
	if (first < 0x80)
		return !r.failed && reader_left(&r) == first;
	if (!more || more > 2)
		return false;
	for (i = 0; i < more; i++)
		len = len << 8 | reader_u8(&r);
	return !r.failed && reader_left(&r) == len && len >= (more == 1 ? 0x80 : 0x100);
}

/* What is wrong with the data of a type, or NULL. */
static const char *check(uint8_t type, struct bytes data)
{
	switch (type) {
	case ID_IPV4_ADDR:
		return data.len == 4 ? NULL : "an IPv4 address has 4 octets";
	case ID_IPV6_ADDR:
		return data.len == 16 ? NULL : "an IPv6 address has 16 octets";
	case ID_FQDN:
	case ID_RFC822_ADDR:
		return is_graphic(data) ? NULL :
		       "a name is not empty and has no blank, control or non-ASCII characters";
	case ID_KEY_ID:
		return data.len ? NULL : "a key id is not empty";
	case ID_DER_ASN1_DN:
		return is_der_sequence(data) ? NULL : "the distinguished name is malformed";
	default:
		return "the type of identity is not supported";
	}
}

bool identity_from_payload(struct identity *id, uint8_t type, struct bytes data, const char **why)
{
	const char *wrong = check(type, data);

	if (wrong)
		return refuse(why, wrong);
	if (data.len > IDENTITY_MAX)
		return refuse(why, "the identity is too long");
	return set(id, type, data);
}

bool identity_from_address(struct identity *id, const struct address *a)
{
	if (a->family == AF_INET)
		return set(id, ID_IPV4_ADDR, address_bytes(a));
	if (a->family == AF_INET6)
		return set(id, ID_IPV6_ADDR, address_bytes(a));
	return false;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool parse_hex(struct identity *id, uint8_t type, const char *text, const char **why)
{
	uint8_t data[IDENTITY_MAX] = { 0 };
	size_t len = strlen(text), i;

	if (!len || len % 2)
		return refuse(why, "an even number of hexadecimal digits is expected after 0x");
	if (len / 2 > sizeof(data))
		return refuse(why, "the identity is too long");
	for (i = 0; i < len; i++) {
		if (hex_digit(text[i]) < 0)
			return refuse(why, "a character after 0x is no hexadecimal digit");
		data[i / 2] = (uint8_t)(data[i / 2] << 4 | hex_digit(text[i]));
	}
	return identity_from_payload(id, type, bytes_make(data, len / 2), why);
}

static bool is_hex(const char *text)
{
	return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

static bool parse_text(struct identity *id, uint8_t type, const char *text, const char **why)
{
	return identity_from_payload(id, type, bytes_make(text, strlen(text)), why);
}

static bool parse_dn(struct identity *id, const char *text, const char **why)
{
	uint8_t der[IDENTITY_MAX];
	size_t len = dn_parse(der, sizeof(der), text);

	if (!len)
		return refuse(why, "the distinguished name is malformed; expected attributes such as "
			      "C=CH, O=Example, CN=gw.example.com");
	return set(id, ID_DER_ASN1_DN, bytes_make(der, len));
}

static bool parse_prefixed(struct identity *id, uint8_t type, const char *text, const char **why)
{
	if (type != ID_RFC822_ADDR && is_hex(text))
		return parse_hex(id, type, text + 2, why);
	if (type == ID_DER_ASN1_DN)
		return parse_dn(id, text, why);
	return parse_text(id, type, text, why);
}

/* What says openly of which type an identity is. */
static const struct {
	const char *text;
	uint8_t type;
} prefixes[] = {
	{ "@", ID_FQDN },
	{ "mail:", ID_RFC822_ADDR },
	{ "keyid:", ID_KEY_ID },
	{ "dn:", ID_DER_ASN1_DN },
};

bool identity_parse(struct identity *id, const char *text, const char **why)
{
	const char *at = strchr(text, '@');
	struct address a;
	size_t i, len;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		len = strlen(prefixes[i].text);
		if (strncmp(text, prefixes[i].text, len))
			continue;
		if (prefixes[i].type == ID_FQDN)
			return parse_text(id, ID_FQDN, text + len, why);
		return parse_prefixed(id, prefixes[i].type, text + len, why);
	}
	if (address_parse(&a, text)) {
		if (a.scope)
			return refuse(why, "an address with a scope identifies nobody");
		return identity_from_address(id, &a);
	}
	if (strchr(text, '=') && (!at || strchr(text, '=') < at))
		return parse_dn(id, text, why);
	if (!at && strchr(text, ':'))
		return refuse(why, "neither an address nor a name; is the prefix misspelt?");
	if (at && !at[1])
		return refuse(why, "the host after @ is missing");
	return parse_text(id, at ? ID_RFC822_ADDR : ID_FQDN, text, why);
}

static uint8_t fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

struct identity *identity_keep(const struct identity *id)
{
	size_t size = offsetof(struct identity, data) + id->len;
	struct identity *copy = malloc(size);

	if (copy)
		memcpy(copy, id, size);
	return copy;
}

bool identity_equal(const struct identity *a, const struct identity *b)
{
	bool folded = a->type == ID_FQDN || a->type == ID_RFC822_ADDR;
	size_t i;

	if (!a->type || a->type != b->type)
		return false;
	if (a->type == ID_DER_ASN1_DN)
		return dn_equal(identity_bytes(a), identity_bytes(b));
	if (a->len != b->len)
		return false;
	if (!folded)
		return !memcmp(a->data, b->data, a->len);
	for (i = 0; i < a->len; i++) {
		if (fold(a->data[i]) != fold(b->data[i]))
			return false;
	}
	return true;
}

bool identity_is_pattern(const struct identity *id)
{
	return id->len > 2 && id->data[0] == '*' &&
	       ((id->type == ID_FQDN && id->data[1] == '.') ||
		(id->type == ID_RFC822_ADDR && id->data[1] == '@'));
}

bool identity_matches(const struct identity *expected, const struct identity *id)
{
	struct identity tail = *id;
	size_t len = (size_t)expected->len - 1;

	if ((id->type == ID_FQDN || id->type == ID_RFC822_ADDR) && memchr(id->data, '*', id->len))
		return false;
	if (!identity_is_pattern(expected))
		return identity_equal(expected, id);
	/* There must be something before the dot or the at-sign. */
	if (id->type != expected->type || id->len <= len)
		return false;
	tail.len = expected->len;
	tail.data[0] = '*';
	memmove(tail.data + 1, id->data + id->len - len, len);
	return identity_equal(expected, &tail);
}

struct bytes identity_bytes(const struct identity *id)
{
	return bytes_make(id->data, id->len);
}

struct bytes identity_body(const struct identity *id, uint8_t out[IDENTITY_BODY_MAX])
{
	struct writer w;

	writer_init(&w, out, IDENTITY_BODY_MAX);
	writer_u8(&w, id->type);
	writer_reserve(&w, 3);
	writer_bytes(&w, identity_bytes(id));
	return writer_view(&w);
}

static void add_hex(struct text *t, const struct identity *id)
{
	size_t i;

	text_add(t, "0x");
	for (i = 0; i < id->len && !t->full; i++)
		text_add(t, "%02x", id->data[i]);
}

/* As text if that says all; an unknown attribute may not be read back. */
static void add_dn(struct text *t, const struct identity *id)
{
	char name[IDENTITY_TEXT_SIZE];
	struct identity read = { 0 };

	dn_print(name, sizeof(name), identity_bytes(id));
	text_add(t, "dn:");
	if (*name && parse_dn(&read, name, NULL) && identity_equal(&read, id))
		text_add(t, "%s", name);
	else
		add_hex(t, id);
}

static void add_chars(struct text *t, const struct identity *id)
{
	text_add(t, "%.*s", (int)id->len, (const char *)id->data);
}

/* Whether the bare text is read back as the same identity. */
static bool needs_no_prefix(const struct identity *id)
{
	char text[IDENTITY_MAX + 1];
	struct identity read = { 0 };

	memcpy(text, id->data, id->len);
	text[id->len] = '\0';
	return identity_parse(&read, text, NULL) && read.type == id->type &&
	       bytes_equal(identity_bytes(&read), identity_bytes(id));
}

static void add_name(struct text *t, const struct identity *id, const char *prefix)
{
	if (!needs_no_prefix(id))
		text_add(t, "%s", prefix);
	add_chars(t, id);
}

static void add_key_id(struct text *t, const struct identity *id)
{
	bool plain = is_graphic(identity_bytes(id)) &&
		     (id->len < 2 || !is_hex((const char *)id->data));

	text_add(t, "keyid:");
	if (plain)
		add_chars(t, id);
	else
		add_hex(t, id);
}

const char *identity_print(char *out, size_t size, const struct identity *id)
{
	char text[ADDRESS_TEXT_SIZE];
	struct address a = { 0 };
	struct text t;

	text_init(&t, out, size);
	switch (id->type) {
	case ID_IPV4_ADDR:
	case ID_IPV6_ADDR:
		a.family = id->type == ID_IPV4_ADDR ? AF_INET : AF_INET6;
		memcpy(a.ip, id->data, address_size(a.family));
		text_add(&t, "%s", address_print(text, &a));
		break;
	case ID_FQDN:
		add_name(&t, id, "@");
		break;
	case ID_RFC822_ADDR:
		add_name(&t, id, "mail:");
		break;
	case ID_KEY_ID:
		add_key_id(&t, id);
		break;
	case ID_DER_ASN1_DN:
		add_dn(&t, id);
		break;
	default:
		text_add(&t, "none");
	}
	return out;
}
