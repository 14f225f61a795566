// SPDX-License-Identifier: GPL-2.0
#include "words.h"

#include <string.h>

#include "number.h"
#include "suggest.h"

static const struct word_option *find(const struct word_option *options, const char *word,
				      struct error *e)
{
	char hint[SUGGEST_TEXT_SIZE];
	struct suggest s;

	suggest_start(&s, word);
	for (const struct word_option *o = options; o->brief; o++) {
		if (!strcmp(word, o->brief) || !strcmp(word, o->whole))
			return o;
		suggest_offer(&s, o->whole);
	}
	error_set(e, "unknown option '%s'%s", word, suggest_text(&s, hint));
	return NULL;
}

/* Return: how many words the option took, or -1. */
static int take(const struct word_option *option, int count, char **words, struct error *e)
{
	if (option->flag)
		*option->flag = true;
	if (!option->value)
		return 1;
	if (count < 2)
		return error_set(e, "%s needs a value: %s", words[0], option->value);
	if (option->text)
		*option->text = words[1];
	else if (number_parse(words[1], option->min, option->max, option->number, e))
		return error_prefix(e, "%s", words[0]);
	return 2;
}

int words_parse(int count, char **words, const struct word_option *options, const char **word,
		struct error *e)
{
	const struct word_option *option;
	int taken;

	*word = NULL;
	for (int i = 0; i < count; i += taken) {
		if (words[i][0] == '-') {
			option = find(options, words[i], e);
			taken = option ? take(option, count - i, words + i, e) : -1;
			if (taken < 0)
				return -1;
			continue;
		}
		if (*word)
			return error_set(e, "one word too many: '%s'", words[i]);
		*word = words[i];
		taken = 1;
	}
	return 0;
}
