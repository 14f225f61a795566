// SPDX-License-Identifier: GPL-2.0
/* Values of a configuration: words, numbers, durations. Addresses are in value_ip.c. */
#include "config/keys.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "config/algorithms.h"

/* What a parser says when the value is simply none of its kind. */
static bool no_value(const struct config_key *key, char why[CONFIG_VALUE_WHY_MAX])
{
	char syntax[256];

	config_key_syntax(syntax, sizeof(syntax), key);
	snprintf(why, CONFIG_VALUE_WHY_MAX, "expected %s", syntax);
	return false;
}

bool config_number(const char *text, uint64_t *value)
{
	unsigned int base = 10;
	uint64_t sum = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned int digit = 99;

		if (isdigit((unsigned char)*text))
			digit = (unsigned int)(*text - '0');
		else if (isxdigit((unsigned char)*text))
			digit = (unsigned int)(tolower((unsigned char)*text) - 'a') + 10;
		if (digit >= base || __builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
	}
	*value = sum;
	return true;
}

struct unit {
	char letter;
	uint64_t factor;
};

/* A number with a letter behind it; a factor of 1 is a number without. */
static bool parse_scaled(const char *text, const struct unit *units, size_t n_units,
			 uint64_t *value)
{
	size_t len = strlen(text);
	uint64_t factor = 1;
	char digits[32];

	if (!len || len >= sizeof(digits))
		return false;
	for (size_t i = 0; i < n_units; i++) {
		if (tolower((unsigned char)text[len - 1]) != units[i].letter)
			continue;
		factor = units[i].factor;
		len--;
		break;
	}
	snprintf(digits, sizeof(digits), "%.*s", (int)len, text);
	return isdigit((unsigned char)digits[0]) && !strpbrk(digits, "xX") &&
	       config_number(digits, value) && !__builtin_mul_overflow(*value, factor, value);
}

static void print_scaled(char *out, size_t size, uint64_t value, const struct unit *units,
			 size_t n_units, const char *plain)
{
	for (size_t i = n_units; i-- > 0;) {
		if (units[i].factor == 1 || value < units[i].factor || value % units[i].factor)
			continue;
		snprintf(out, size, "%" PRIu64 "%c", value / units[i].factor, units[i].letter);
		return;
	}
	snprintf(out, size, "%" PRIu64 "%s", value, plain);
}

static const struct unit durations[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
static const struct unit sizes[] = {
	{ 'k', UINT64_C(1) << 10 }, { 'm', UINT64_C(1) << 20 }, { 'g', UINT64_C(1) << 30 },
	{ 't', UINT64_C(1) << 40 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool in_range(const struct config_key *key, uint64_t value)
{
	return value >= key->min && value <= key->max;
}

static bool is_off(const struct config_key *key, const char *text)
{
	return key->off && (!strcasecmp(text, "off") || !strcmp(text, "0"));
}

static bool parse_duration(const struct config_key *key, void *field, const char *text,
			   const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	uint64_t value = 0;

	if (!is_off(key, text) && (!parse_scaled(text, durations, COUNT(durations), &value) ||
				   !in_range(key, value)))
		return no_value(key, why);
	*(uint32_t *)field = (uint32_t)value;
	return true;
}

static void print_duration(char *out, size_t size, uint64_t value)
{
	print_scaled(out, size, value, durations, COUNT(durations), "s");
}

static bool parse_bytes(const struct config_key *key, void *field, const char *text,
			const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	uint64_t value = 0;

	if (!is_off(key, text) && (!parse_scaled(text, sizes, COUNT(sizes), &value) ||
				   !in_range(key, value)))
		return no_value(key, why);
	*(uint64_t *)field = value;
	return true;
}

static void print_bytes(char *out, size_t size, uint64_t value)
{
	char text[32];

	print_scaled(text, sizeof(text), value, sizes, COUNT(sizes), "");
	for (char *c = text; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	snprintf(out, size, "%s", text);
}

static void print_number(char *out, size_t size, uint64_t value)
{
	snprintf(out, size, "%" PRIu64, value);
}

static bool parse_count(const struct config_key *key, void *field, const char *text,
			const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	uint64_t value = 0;

	if (!is_off(key, text) && (!config_number(text, &value) || !in_range(key, value)))
		return no_value(key, why);
	*(uint64_t *)field = value;
	return true;
}

static bool parse_number(const struct config_key *key, void *field, const char *text,
			 const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	uint64_t value;

	if (!config_number(text, &value) || !in_range(key, value))
		return no_value(key, why);
	*(uint32_t *)field = (uint32_t)value;
	return true;
}

static bool parse_auto(const struct config_key *key, void *field, const char *text,
		       const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	if (!strcasecmp(text, "auto")) {
		*(uint32_t *)field = 0;
		return true;
	}
	return parse_number(key, field, text, directory, why);
}

static bool parse_fragment(const struct config_key *key, void *field, const char *text,
			   const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	if (!strcasecmp(text, "off")) {
		*(uint32_t *)field = ENGINE_FRAGMENT_OFF;
		return true;
	}
	return parse_auto(key, field, text, directory, why);
}

static bool parse_table(const struct config_key *key, void *field, const char *text,
			const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_table *table = field;
	uint32_t number = 0;

	if (!strcasecmp(text, "auto"))
		*table = (struct config_table){ .kind = CONFIG_TABLE_AUTO };
	else if (!strcasecmp(text, "off"))
		*table = (struct config_table){ .kind = CONFIG_TABLE_OFF };
	else if (!parse_number(key, &number, text, directory, why))
		return false;
	else
		*table = (struct config_table){ .kind = CONFIG_TABLE_NUMBER, .number = number };
	return true;
}

/* Words for a number. */
struct word {
	const char *text;
	int value;
};

static bool parse_word(const struct config_key *key, const char *text, const struct word *words,
		       size_t count, int *value, char why[CONFIG_VALUE_WHY_MAX])
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(text, words[i].text))
			continue;
		*value = words[i].value;
		return true;
	}
	return no_value(key, why);
}

static bool parse_yes_no(const struct config_key *key, void *field, const char *text,
			 const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	static const struct word words[] = { { "yes", 1 }, { "no", 0 } };
	int value;

	if (!parse_word(key, text, words, COUNT(words), &value, why))
		return false;
	*(bool *)field = value;
	return true;
}

static bool parse_pfs(const struct config_key *key, void *field, const char *text,
		      const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	static const struct word words[] = {
		{ "optional", ENGINE_PFS_OPTIONAL },
		{ "yes", ENGINE_PFS_REQUIRED },
		{ "no", ENGINE_PFS_OFF },
	};
	int value;

	if (!parse_word(key, text, words, COUNT(words), &value, why))
		return false;
	*(enum engine_pfs *)field = (enum engine_pfs)value;
	return true;
}

static bool parse_start(const struct config_key *key, void *field, const char *text,
			const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	static const struct word words[] = {
		{ "yes", CONFIG_START_YES },
		{ "traffic", CONFIG_START_TRAFFIC },
		{ "no", CONFIG_START_NO },
	};
	int value;

	if (!parse_word(key, text, words, COUNT(words), &value, why))
		return false;
	*(enum config_start *)field = (enum config_start)value;
	return true;
}

/* One of some words, of which each stands for a number. */
static bool parse_named(const struct config_key *key, void *field, const char *text,
			const struct word *words, size_t count, char why[CONFIG_VALUE_WHY_MAX])
{
	int value;

	if (!parse_word(key, text, words, count, &value, why))
		return false;
	*(uint32_t *)field = (uint32_t)value;
	return true;
}

/* The same, or a number. */
static bool parse_named_or_number(const struct config_key *key, void *field, const char *text,
				  const struct word *words, size_t count,
				  char why[CONFIG_VALUE_WHY_MAX])
{
	uint64_t number;

	if (!config_number(text, &number))
		return parse_named(key, field, text, words, count, why);
	if (!in_range(key, number))
		return no_value(key, why);
	*(uint32_t *)field = (uint32_t)number;
	return true;
}

static bool parse_carrier(const struct config_key *key, void *field, const char *text,
			  const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	static const struct word words[] = {
		{ "always", CONFIG_CARRIER_ALWAYS },
		{ "sa", CONFIG_CARRIER_SA },
	};

	return parse_named(key, field, text, words, COUNT(words), why);
}

static bool parse_df(const struct config_key *key, void *field, const char *text,
		     const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	static const struct word words[] = {
		{ "copy", CONFIG_DF_COPY },
		{ "set", CONFIG_DF_SET },
		{ "clear", CONFIG_DF_CLEAR },
	};

	return parse_named(key, field, text, words, COUNT(words), why);
}

static bool parse_dscp(const struct config_key *key, void *field, const char *text,
		       const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	static const struct word words[] = { { "zero", 0 }, { "copy", CONFIG_INHERIT } };

	return parse_named_or_number(key, field, text, words, COUNT(words), why);
}

static bool parse_ttl(const struct config_key *key, void *field, const char *text,
		      const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	static const struct word words[] = { { "route", 0 }, { "inherit", CONFIG_INHERIT } };

	return parse_named_or_number(key, field, text, words, COUNT(words), why);
}

static bool parse_flow_label(const struct config_key *key, void *field, const char *text,
			     const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	static const struct word words[] = { { "hash", 0 }, { "zero", 1 } };

	return parse_named(key, field, text, words, COUNT(words), why);
}

static bool parse_batch(const struct config_key *key, void *field, const char *text,
			const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	static const struct word words[] = { { "on", 0 }, { "off", 1 } };

	return parse_named(key, field, text, words, COUNT(words), why);
}

static bool parse_parallel(const struct config_key *key, void *field, const char *text,
			   const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	static const struct word words[] = { { "off", 0 }, { "on", 1 } };

	return parse_named(key, field, text, words, COUNT(words), why);
}

static bool parse_ike(const struct config_key *key, void *field, const char *text,
		      const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	return algorithms_parse(field, text, true, why);
}

static bool parse_esp(const struct config_key *key, void *field, const char *text,
		      const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	return algorithms_parse(field, text, false, why);
}

static bool parse_identity(const struct config_key *key, void *field, const char *text,
			   const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	const char *cause = NULL;
	char syntax[256];

	if (identity_parse(field, text, &cause))
		return true;
	config_key_syntax(syntax, sizeof(syntax), key);
	snprintf(why, CONFIG_VALUE_WHY_MAX, "%s; expected %s", cause ? cause : "no identity",
		 syntax);
	return false;
}

/* Printable text of @min to @max octets; the field is a string of one more. */
static bool parse_name(const struct config_key *key, void *field, const char *text,
		       const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	size_t len = strlen(text);

	if (!in_range(key, len))
		return no_value(key, why);
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]))
			return no_value(key, why);
	memcpy(field, text, len + 1);
	return true;
}

_Static_assert(ALGORITHMS_WHY_MAX <= CONFIG_VALUE_WHY_MAX, "reasons fit");

const struct config_type config_type_mtu = {
	parse_auto, "auto, or a number from %", print_number,
};
const struct config_type config_type_table = {
	parse_table, "auto, off, or a number from %", print_number,
};
const struct config_type config_type_mark = {
	parse_auto, "auto, or a number from %", print_number,
};
const struct config_type config_type_fragment = {
	parse_fragment, "auto, off, or a number from %", print_number,
};
const struct config_type config_type_name = {
	parse_name, "a text without blanks, in octets from %", print_number,
};
const struct config_type config_type_yes_no = { parse_yes_no, "yes or no", NULL };
const struct config_type config_type_pfs = { parse_pfs, "optional, yes or no", NULL };
const struct config_type config_type_start = { parse_start, "yes, traffic or no", NULL };
const struct config_type config_type_carrier = { parse_carrier, "always or sa", NULL };
const struct config_type config_type_df = { parse_df, "copy, set or clear", NULL };
const struct config_type config_type_dscp = { parse_dscp, "zero, copy, or %", print_number };
const struct config_type config_type_ttl = { parse_ttl, "route, inherit, or %", print_number };
const struct config_type config_type_flow_label = { parse_flow_label, "hash or zero", NULL };
const struct config_type config_type_batch = { parse_batch, "on or off", NULL };
const struct config_type config_type_parallel = { parse_parallel, "off or on", NULL };
const struct config_type config_type_ike = { parse_ike, "names of algorithms", NULL };
const struct config_type config_type_esp = { parse_esp, "names of algorithms", NULL };
const struct config_type config_type_number = { parse_number, "a number from %", print_number };
const struct config_type config_type_count = { parse_count, "a number from %", print_number };
const struct config_type config_type_duration = {
	parse_duration, "a duration such as 30s, 5m or 4h, from %", print_duration,
};
const struct config_type config_type_bytes = {
	parse_bytes, "a number of bytes such as 500M or 10G, from %", print_bytes,
};
const struct config_type config_type_identity = {
	parse_identity,
	"a host name, user@host, an IP address, a distinguished name, keyid:TEXT or keyid:0xHEX",
	NULL,
};
