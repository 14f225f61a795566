// SPDX-License-Identifier: GPL-2.0
/* Values of a configuration: addresses, prefixes and endpoints. */
#include "config/keys.h"

#include <ctype.h>
#include <net/if.h>
#include <string.h>
#include <strings.h>

#include "engine/domain.h"

#define ITEM_MAX 256

/*
 * Take the next of some values separated by commas or blanks.
 * Return: 1, 0 at the end, -1 if it is too long to be a value.
 */
static int next_item(const char **text, char item[ITEM_MAX])
{
	size_t len;

	*text += strspn(*text, ", \t");
	len = strcspn(*text, ", \t");
	if (!len)
		return 0;
	if (len >= ITEM_MAX)
		return -1;
	snprintf(item, ITEM_MAX, "%.*s", (int)len, *text);
	*text += len;
	return 1;
}

/* Read an address whose scope may be the name of an interface. */
static bool parse_ip(struct address *out, const char *text)
{
	const char *percent = strchr(text, '%');
	char numeric[ADDRESS_TEXT_SIZE];
	unsigned int index;

	if (!percent || isdigit((unsigned char)percent[1]))
		return address_parse(out, text);
	index = if_nametoindex(percent + 1);
	if (!index || percent - text > 45)
		return false;
	snprintf(numeric, sizeof(numeric), "%.*s%%%u", (int)(percent - text), text, index);
	return address_parse(out, numeric);
}

static bool expected(const struct config_key *key, const char *item, char why[CONFIG_VALUE_WHY_MAX])
{
	snprintf(why, CONFIG_VALUE_WHY_MAX, "'%s' is none; expected %s", item, key->type->syntax);
	return false;
}

static bool too_many(char why[CONFIG_VALUE_WHY_MAX])
{
	snprintf(why, CONFIG_VALUE_WHY_MAX, "more than %d values", CONFIG_LIST_MAX);
	return false;
}

static bool parse_interface_address(struct config_address *out, const char *item)
{
	const char *slash = strchr(item, '/');
	char ip[ITEM_MAX];
	uint64_t length;
	size_t bits;

	snprintf(ip, sizeof(ip), "%.*s", slash ? (int)(slash - item) : (int)strlen(item), item);
	if (!address_parse(&out->address, ip) || out->address.scope)
		return false;
	bits = 8 * address_size(out->address.family);
	length = bits;
	if (slash && (!config_number(slash + 1, &length) || length > bits))
		return false;
	out->length = (uint8_t)length;
	return true;
}

static bool parse_addresses(const struct config_key *key, void *field, const char *text,
			    const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_addresses found = { 0 };
	struct config_address one;
	char item[ITEM_MAX];
	int more;

	while ((more = next_item(&text, item)) > 0) {
		if (!parse_interface_address(&one, item) || address_is_any(&one.address))
			return expected(key, item, why);
		if (found.count == CONFIG_LIST_MAX)
			return too_many(why);
		for (size_t i = 0; i < found.count; i++) {
			if (!address_equal_ip(&found.list[i].address, &one.address))
				continue;
			snprintf(why, CONFIG_VALUE_WHY_MAX, "'%s' is given twice", item);
			return false;
		}
		found.list[found.count++] = one;
	}
	if (more < 0)
		return expected(key, "that", why);
	*(struct config_addresses *)field = found;
	return true;
}

static bool parse_link_addresses(const struct config_key *key, void *field, const char *text,
				 const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	if (strcasecmp(text, "auto"))
		return parse_addresses(key, field, text, directory, why);
	*(struct config_addresses *)field = (struct config_addresses){ .automatic = true };
	return true;
}

static bool parse_dns_list(const struct config_key *key, void *field, const char *text,
			   const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_dns found = { 0 };
	struct address one;
	char item[ITEM_MAX];
	int more;

	while ((more = next_item(&text, item)) > 0) {
		if (!address_parse(&one, item) || address_is_any(&one))
			return expected(key, item, why);
		if (found.count == ENGINE_DNS_MAX) {
			snprintf(why, CONFIG_VALUE_WHY_MAX, "more than %d", ENGINE_DNS_MAX);
			return false;
		}
		found.list[found.count++] = one;
	}
	if (more < 0)
		return expected(key, "that", why);
	*(struct config_dns *)field = found;
	return true;
}

static bool parse_dns(const struct config_key *key, void *field, const char *text,
		      const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_dns *dns = field;

	if (strcasecmp(text, "auto") && strcasecmp(text, "off"))
		return parse_dns_list(key, field, text, directory, why);
	*dns = (struct config_dns){ .automatic = !strcasecmp(text, "auto") };
	return true;
}

/* One domain; a tilde, and the root, only where @any may be. Return: whether it is one. */
static bool split_domain(const char *item, bool any, const char **prefix, struct bytes *name)
{
	bool tilde = any && item[0] == '~';

	*prefix = tilde ? "~" : "";
	*name = bytes_make(item + tilde, strlen(item) - tilde);
	if (!any || strcmp(item + tilde, "."))
		return domain_valid(*name);
	*prefix = "";
	/* One dot is taken for the end of a name. */
	*name = BYTES_LITERAL("~..");
	return true;
}

static bool parse_domain_list(const struct config_key *key, void *field, const char *text,
			      const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_domains found = { .automatic = false };
	bool any = !strcmp(key->section, "Interface");
	char item[ITEM_MAX];
	const char *prefix;
	struct bytes name;
	size_t count = 0;
	int more;

	while ((more = next_item(&text, item)) > 0) {
		if (count++ == ENGINE_DOMAINS_MAX) {
			snprintf(why, CONFIG_VALUE_WHY_MAX, "more than %d", ENGINE_DOMAINS_MAX);
			return false;
		}
		if (!split_domain(item, any, &prefix, &name))
			return expected(key, item, why);
		if (!domains_add(found.names, sizeof(found.names), prefix, name)) {
			snprintf(why, CONFIG_VALUE_WHY_MAX, "more than %zu octets in all", sizeof(found.names) - 1);
			return false;
		}
	}
	if (more < 0 || !count)
		return expected(key, "that", why);
	*(struct config_domains *)field = found;
	return true;
}

static bool parse_domains(const struct config_key *key, void *field, const char *text,
			  const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_domains *domains = field;

	if (strcasecmp(text, "auto") && strcasecmp(text, "off"))
		return parse_domain_list(key, field, text, directory, why);
	*domains = (struct config_domains){ .automatic = !strcasecmp(text, "auto") };
	return true;
}

static bool parse_prefixes(const struct config_key *key, void *field, const char *text,
			   const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_prefixes found = { 0 };
	char item[ITEM_MAX], canonical[PREFIX_TEXT_SIZE];
	struct prefix one;
	bool host_bits;
	int more;

	while ((more = next_item(&text, item)) > 0) {
		if (!prefix_parse(&one, item, &host_bits))
			return expected(key, item, why);
		if (host_bits) {
			snprintf(why, CONFIG_VALUE_WHY_MAX,
				 "'%s' has bits set behind its prefix; did you mean '%s'?", item,
				 prefix_print(canonical, &one));
			return false;
		}
		if (found.count == CONFIG_LIST_MAX)
			return too_many(why);
		for (size_t i = 0; i < found.count; i++) {
			if (!prefix_equal(&found.list[i], &one))
				continue;
			snprintf(why, CONFIG_VALUE_WHY_MAX, "'%s' is given twice", item);
			return false;
		}
		found.list[found.count++] = one;
	}
	if (more < 0)
		return expected(key, "that", why);
	*(struct config_prefixes *)field = found;
	return true;
}

static bool parse_routes(const struct config_key *key, void *field, const char *text,
			 const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	if (strcasecmp(text, "auto"))
		return parse_prefixes(key, field, text, directory, why);
	*(struct config_prefixes *)field = (struct config_prefixes){ .automatic = true };
	return true;
}

static bool parse_address(const struct config_key *key, void *field, const char *text,
			  const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct address found;

	if (!parse_ip(&found, text) || address_is_any(&found))
		return expected(key, text, why);
	*(struct address *)field = found;
	return true;
}

/* A host name as it may be asked for: letters, digits, hyphens, underscores and dots. */
static bool valid_host(const char *host)
{
	size_t len = strlen(host);

	if (!len || len > 253 || host[0] == '.' || host[0] == '-' || strstr(host, ".."))
		return false;
	for (; *host; host++)
		if (!isalnum((unsigned char)*host) && !strchr("-_.", *host))
			return false;
	return true;
}

static bool only_digits_and_dots(const char *host)
{
	return host[strspn(host, "0123456789.")] == '\0';
}

/*
 * Cut "HOST:PORT", "[ADDRESS]:PORT", "[ADDRESS]", "ADDRESS" or "HOST" apart.
 * Return: false if it is none of these.
 */
static bool split_endpoint(const char *text, char host[CONFIG_HOST_SIZE], const char **port)
{
	const char *colon = strchr(text, ':');
	const char *end;

	if (text[0] == '[') {
		end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		text++;
		*port = end[1] ? end + 2 : NULL;
	} else if (colon && !strchr(colon + 1, ':')) {
		end = colon;
		*port = colon + 1;
	} else {
		end = text + strlen(text);
		*port = NULL;
	}
	if (end == text || end - text >= CONFIG_HOST_SIZE)
		return false;
	snprintf(host, CONFIG_HOST_SIZE, "%.*s", (int)(end - text), text);
	return true;
}

static bool parse_endpoint(const struct config_key *key, void *field, const char *text,
			   const char *directory, char why[CONFIG_VALUE_WHY_MAX])
{
	struct config_endpoint found = { .port = 500 };
	uint64_t port = 500;
	const char *digits;

	if (!split_endpoint(text, found.host, &digits))
		return expected(key, text, why);
	if (digits && (!config_number(digits, &port) || !port || port > UINT16_MAX)) {
		snprintf(why, CONFIG_VALUE_WHY_MAX, "'%s' is no port; expected 1 to 65535", digits);
		return false;
	}
	found.port = (uint16_t)port;
	if (!parse_ip(&found.numeric, found.host) &&
	    (only_digits_and_dots(found.host) || !valid_host(found.host)))
		return expected(key, text, why);
	if (found.numeric.family && address_is_any(&found.numeric))
		return expected(key, text, why);
	*(struct config_endpoint *)field = found;
	return true;
}

const struct config_type config_type_link_addresses = {
	parse_link_addresses,
	"auto, or addresses with the length of their prefix, such as 10.9.0.1/30", NULL,
};
const struct config_type config_type_routes = {
	parse_routes, "auto, or prefixes such as 10.0.0.0/8 or 2001:db8::/32", NULL,
};
const struct config_type config_type_dns = { parse_dns, "auto, off, or IP addresses", NULL };
const struct config_type config_type_domains = {
	parse_domains, "auto, off, or names of domains, as corp.example or ~corp.example", NULL,
};
const struct config_type config_type_domain_list = {
	parse_domain_list, "names of domains, as corp.example", NULL,
};
const struct config_type config_type_dns_list = { parse_dns_list, "IP addresses", NULL };
const struct config_type config_type_prefixes = {
	parse_prefixes, "prefixes such as 10.0.0.0/8 or 2001:db8::/32", NULL,
};
const struct config_type config_type_address = {
	parse_address, "an IP address", NULL,
};
const struct config_type config_type_endpoint = {
	parse_endpoint, "HOST, HOST:PORT, ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT", NULL,
};
