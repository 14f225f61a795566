// SPDX-License-Identifier: GPL-2.0
#include "engine/domain.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static struct bytes without_dot(struct bytes name)
{
	if (name.len && name.data[name.len - 1] == '.')
		name.len--;
	return name;
}

static bool valid_octet(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

bool domain_valid(struct bytes name)
{
	size_t i, label = 0;

	name = without_dot(name);
	if (!name.len || name.len > DOMAIN_NAME_MAX || name.data[0] == '-')
		return false;
	for (i = 0; i < name.len; i++) {
		if (name.data[i] == '.' && !label)
			return false;
		label = name.data[i] == '.' ? 0 : label + 1;
		if ((label && !valid_octet(name.data[i])) || label > DOMAIN_LABEL_MAX)
			return false;
	}
	return label;
}

static bool same(struct bytes a, const char *prefix, struct bytes b)
{
	size_t len = strlen(prefix);

	return a.len == len + b.len && !memcmp(a.data, prefix, len) &&
	       !strncasecmp((const char *)a.data + len, (const char *)b.data, b.len);
}

bool domains_add(char *list, size_t size, const char *prefix, struct bytes name)
{
	size_t len = strlen(list);
	const char *at = list;
	struct bytes old;

	name = without_dot(name);
	while (domains_next(&at, &old))
		if (same(old, prefix, name))
			return true;
	if (len + 1 + strlen(prefix) + name.len >= size)
		return false;
	snprintf(list + len, size - len, "%s%s%.*s", len ? " " : "", prefix, (int)name.len,
		 (const char *)name.data);
	return true;
}

bool domains_next(const char **at, struct bytes *name)
{
	*at += strspn(*at, " ");
	*name = bytes_make(*at, strcspn(*at, " "));
	*at += name->len;
	return name->len;
}
