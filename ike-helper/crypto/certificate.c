// SPDX-License-Identifier: GPL-2.0
/* One certificate: reading it, and what stands in it. Chains are in trust.c. */
#include "crypto/x509.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/pkey.h"

#define DN_FLAGS (ASN1_STRFLGS_RFC2253 | XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN)

struct certificate {
	unsigned int users;	/* beside who made it */
	X509 *x;
	GENERAL_NAMES *names;	/* subjectAltName, NULL without */
	uint8_t *der;
	size_t der_len;
	uint8_t *subject;
	size_t subject_len;
};

struct certificate *certificate_wrap(X509 *x)
{
	struct certificate *cert = calloc(1, sizeof(*cert));
	int critical = 0, der = -1, subject = -1;

	if (!cert || !x) {
		X509_free(x);
		free(cert);
		return NULL;
	}
	cert->x = x;
	der = i2d_X509(x, &cert->der);
	subject = i2d_X509_NAME(X509_get_subject_name(x), &cert->subject);
	cert->names = X509_get_ext_d2i(x, NID_subject_alt_name, &critical, NULL);
	if (der <= 0 || subject <= 0 || (!cert->names && critical >= 0)) {
		certificate_free(cert);
		return NULL;
	}
	cert->der_len = (size_t)der;
	cert->subject_len = (size_t)subject;
	return cert;
}

X509 *certificate_x509(const struct certificate *cert)
{
	return cert->x;
}

enum crypto_status certificate_parse(struct certificate **cert, struct bytes der,
				     const char **why)
{
	const uint8_t *at = der.data;
	struct certificate *found;
	X509 *x;

	*why = "it is too large";
	if (!der.len || der.len > CERTIFICATE_SIZE_MAX)
		return CRYPTO_LENGTH;
	*why = "it is no X.509 certificate";
	x = d2i_X509(NULL, &at, (long)der.len);
	if (x && at != der.data + der.len) {
		X509_free(x);
		x = NULL;
	}
	found = certificate_wrap(x);
	ERR_clear_error();
	if (!found)
		return CRYPTO_FAILED;
	*cert = found;
	*why = NULL;
	return CRYPTO_OK;
}

enum crypto_status certificate_pem(struct certificate **list, size_t *count, size_t max,
				   struct bytes pem, const char **why)
{
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	size_t before = *count;
	X509 *x;

	*why = "libcrypto failed";
	if (!bio)
		return CRYPTO_FAILED;
	*why = NULL;
	while (!*why && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (*count == max) {
			X509_free(x);
			*why = "there are too many certificates";
			continue;
		}
		list[*count] = certificate_wrap(x);
		if (list[*count])
			(*count)++;
		else
			*why = "a certificate is malformed";
	}
	/* The end of the text is an error of its own kind. */
	if (!*why && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		*why = "a certificate is malformed";
	if (!*why && *count == before)
		*why = "there is no certificate in PEM form";
	BIO_free(bio);
	ERR_clear_error();
	return *why ? CRYPTO_FAILED : CRYPTO_OK;
}

struct certificate *certificate_get(struct certificate *cert)
{
	cert->users++;
	return cert;
}

void certificate_free(struct certificate *cert)
{
	if (!cert || cert->users--)
		return;
	X509_free(cert->x);
	GENERAL_NAMES_free(cert->names);
	OPENSSL_free(cert->der);
	OPENSSL_free(cert->subject);
	free(cert);
}

struct bytes certificate_der(const struct certificate *cert)
{
	return bytes_make(cert->der, cert->der_len);
}

struct bytes certificate_subject(const struct certificate *cert)
{
	return bytes_make(cert->subject, cert->subject_len);
}

enum crypto_status certificate_key(struct sign_key **key, const struct certificate *cert,
				   const char **why)
{
	EVP_PKEY *pkey = X509_get0_pubkey(cert->x);
	enum crypto_status status = CRYPTO_FAILED;

	*why = "its public key cannot be read";
	if (pkey)
		status = sign_key_wrap(key, pkey, X509_get_X509_PUBKEY(cert->x), why);
	ERR_clear_error();
	return status;
}

/* Seconds since 1970; false if it cannot be told. */
static bool seconds_of(const ASN1_TIME *t, int64_t *seconds)
{
	int days, rest;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	bool done = epoch && ASN1_TIME_diff(&days, &rest, epoch, t) == 1;

	ASN1_TIME_free(epoch);
	if (done)
		*seconds = (int64_t)days * 86400 + rest;
	return done;
}

int64_t certificate_not_after(const struct certificate *cert)
{
	int64_t seconds;

	return seconds_of(X509_get0_notAfter(cert->x), &seconds) ? seconds : 0;
}

bool certificate_validity(const struct certificate *cert, int64_t *from, int64_t *until)
{
	return seconds_of(X509_get0_notBefore(cert->x), from) &&
	       seconds_of(X509_get0_notAfter(cert->x), until);
}

/* Names */

static struct bytes string_bytes(const ASN1_STRING *s)
{
	return bytes_make(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static const struct {
	int type;
	enum name_kind kind;
} name_types[] = {
	{ GEN_DNS, NAME_DNS }, { GEN_EMAIL, NAME_MAIL }, { GEN_IPADD, NAME_IP },
};

static bool take_name(const GENERAL_NAME *n, enum name_kind kind, struct bytes *name)
{
	const ASN1_STRING *s;
	int type;
	size_t i;

	s = GENERAL_NAME_get0_value(n, &type);
	for (i = 0; i < sizeof(name_types) / sizeof(name_types[0]); i++) {
		if (name_types[i].type != type || name_types[i].kind != kind)
			continue;
		*name = string_bytes(s);
		return true;
	}
	return false;
}

bool certificate_name(const struct certificate *cert, enum name_kind kind, size_t index,
		      struct bytes *name)
{
	int i, count = cert->names ? sk_GENERAL_NAME_num(cert->names) : 0;

	for (i = 0; i < count; i++) {
		if (!take_name(sk_GENERAL_NAME_value(cert->names, i), kind, name))
			continue;
		if (!index--)
			return true;
	}
	return false;
}

/* URLs */

static bool take_url(const GENERAL_NAME *n, char out[URL_SIZE])
{
	struct bytes url;
	size_t i;

	if (n->type != GEN_URI)
		return false;
	url = string_bytes(n->d.uniformResourceIdentifier);
	if (url.len < 8 || url.len >= URL_SIZE || strncasecmp((const char *)url.data, "http://", 7))
		return false;
	for (i = 0; i < url.len; i++)
		if (url.data[i] <= 0x20 || url.data[i] >= 0x7f)
			return false;
	memcpy(out, url.data, url.len);
	out[url.len] = '\0';
	return true;
}

static bool crl_url(X509 *x, char out[URL_SIZE])
{
	STACK_OF(DIST_POINT) *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	bool found = false;
	int i, j;

	for (i = 0; points && !found && i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT_NAME *name = sk_DIST_POINT_value(points, i)->distpoint;

		for (j = 0; name && !name->type && !found &&
		     j < sk_GENERAL_NAME_num(name->name.fullname); j++)
			found = take_url(sk_GENERAL_NAME_value(name->name.fullname, j), out);
	}
	CRL_DIST_POINTS_free(points);
	return found;
}

static bool ocsp_url(X509 *x, char out[URL_SIZE])
{
	AUTHORITY_INFO_ACCESS *list = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	bool found = false;
	int i;

	for (i = 0; list && !found && i < sk_ACCESS_DESCRIPTION_num(list); i++) {
		const ACCESS_DESCRIPTION *access = sk_ACCESS_DESCRIPTION_value(list, i);

		found = OBJ_obj2nid(access->method) == NID_ad_OCSP &&
			take_url(access->location, out);
	}
	AUTHORITY_INFO_ACCESS_free(list);
	return found;
}

bool certificate_url(const struct certificate *cert, enum url_kind kind, char out[URL_SIZE])
{
	bool found = kind == URL_CRL ? crl_url(cert->x, out) : ocsp_url(cert->x, out);

	ERR_clear_error();
	return found;
}

/* Distinguished names */

static X509_NAME *name_from_der(struct bytes der)
{
	const uint8_t *at = der.data;
	X509_NAME *name = der.len ? d2i_X509_NAME(NULL, &at, (long)der.len) : NULL;

	ERR_clear_error();
	if (name && at != der.data + der.len) {
		X509_NAME_free(name);
		return NULL;
	}
	return name;
}

static const char *print_name(char *out, size_t size, const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len = 0;

	*out = '\0';
	if (bio && X509_NAME_print_ex(bio, name, 0, DN_FLAGS) >= 0)
		len = BIO_get_mem_data(bio, &text);
	if (len > 0)
		snprintf(out, size, "%.*s%s", (int)((size_t)len < size ? (size_t)len : size - 4),
			 text, (size_t)len < size ? "" : "...");
	BIO_free(bio);
	return out;
}

const char *certificate_print(char out[DN_TEXT_SIZE], const struct certificate *cert)
{
	print_name(out, DN_TEXT_SIZE, X509_get_subject_name(cert->x));
	if (!*out)
		snprintf(out, DN_TEXT_SIZE, "without a subject");
	return out;
}

const char *dn_print(char *out, size_t size, struct bytes der)
{
	X509_NAME *name = name_from_der(der);

	*out = '\0';
	if (name)
		print_name(out, size, name);
	X509_NAME_free(name);
	return out;
}

bool dn_equal(struct bytes a, struct bytes b)
{
	X509_NAME *x, *y;
	bool equal;

	if (bytes_equal(a, b))
		return true;
	x = name_from_der(a);
	y = name_from_der(b);
	equal = x && y && X509_NAME_cmp(x, y) == 0;
	X509_NAME_free(x);
	X509_NAME_free(y);
	return equal;
}

static bool add_entry(X509_NAME *name, char *type, const char *value, int len)
{
	const uint8_t *data = (const uint8_t *)value;
	char *c;

	if (X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, data, len, -1, 0) == 1)
		return true;
	/* People write "cn" for "CN". */
	for (c = type; *c; c++)
		*c = (char)toupper((uint8_t)*c);
	return X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, data, len, -1, 0) == 1;
}

/* One "CN=value" of @text up to a comma; moves on. Blanks around it do not count. */
static bool parse_rdn(X509_NAME *name, const char **text)
{
	char type[32], value[256];
	const char *at = *text + strspn(*text, " ");
	size_t n = strcspn(at, "=,"), len = 0;

	if (at[n] != '=' || !n || n >= sizeof(type))
		return false;
	memcpy(type, at, n);
	while (n && type[n - 1] == ' ')
		n--;
	type[n] = '\0';
	for (at += strcspn(at, "=") + 1; *at == ' ';)
		at++;
	for (; *at && *at != ',' && len < sizeof(value); at++) {
		if (*at == '\\' && isxdigit((uint8_t)at[1]) && isxdigit((uint8_t)at[2])) {
			char hex[3] = { at[1], at[2] };

			value[len++] = (char)strtoul(hex, NULL, 16);
			at += 2;
			continue;
		}
		if (*at == '\\' && at[1])
			at++;
		value[len++] = *at;
	}
	while (len && value[len - 1] == ' ')
		len--;
	*text = *at == ',' ? at + 1 : at;
	return len && len < sizeof(value) && (!*at || *at == ',') &&
	       add_entry(name, type, value, (int)len);
}

size_t dn_parse(uint8_t *out, size_t size, const char *text)
{
	X509_NAME *name = X509_NAME_new();
	bool done = name && *text;
	uint8_t *der = NULL;
	int len = -1;

	while (done && *text)
		done = parse_rdn(name, &text);
	if (done)
		len = i2d_X509_NAME(name, &der);
	if (len > 0 && (size_t)len <= size)
		memcpy(out, der, (size_t)len);
	else
		len = 0;
	OPENSSL_free(der);
	X509_NAME_free(name);
	ERR_clear_error();
	return (size_t)len;
}
