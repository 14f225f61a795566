// SPDX-License-Identifier: GPL-2.0
#include "config/export_names.h"

const char *export_name(const struct export_name *table, const struct transform *t)
{
	for (; table->name; table++)
		if (table->type == t->type && table->id == t->id && table->bits == t->key_bits)
			return table->name;
	return NULL;
}

const char *export_first(const struct export_name *table, const struct offer *offer, uint8_t type)
{
	for (size_t i = 0; i < offer->count; i++) {
		const struct proposal *p = &offer->proposals[i];

		for (size_t k = 0; k < p->count; k++)
			if (p->transforms[k].type == type && export_name(table, &p->transforms[k]))
				return export_name(table, &p->transforms[k]);
	}
	return NULL;
}

size_t export_list(FILE *out, const struct export_name *table, const struct proposal *p, uint8_t type,
		   const char *separator)
{
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++) {
		const char *name = export_name(table, &p->transforms[i]);

		if (p->transforms[i].type != type || !name)
			continue;
		if (out)
			fprintf(out, "%s%s", count ? separator : "", name);
		count++;
	}
	return count;
}
