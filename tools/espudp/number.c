// SPDX-License-Identifier: GPL-2.0
#include "number.h"

#include <inttypes.h>
#include <string.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int out_of_range(const char *text, uint64_t min, uint64_t max, struct error *e)
{
	return error_set(e, "%s is out of range: allowed are %" PRIu64 " to %" PRIu64, text, min,
			 max);
}

int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct error *e)
{
	const char *p = text;
	uint64_t sum = 0;
	int base = 10;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	}
	if (!*p)
		return error_set(e, "'%s' is not a number", text);
	for (const char *q = p; *q; q++)
		if (digit(*q) < 0 || digit(*q) >= base)
			return error_set(e, "'%s' is not a number", text);
	for (; *p; p++) {
		if (__builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit(*p), &sum))
			return out_of_range(text, min, max, e);
	}
	if (sum < min || sum > max)
		return out_of_range(text, min, max, e);
	*value = sum;
	return 0;
}

int hex_parse(const char *text, size_t len, uint8_t *out, size_t size, size_t *out_len,
	      struct error *e)
{
	size_t digits = 0, start;

	for (start = 0; start < len && strchr(" \t\r\n", text[start]) && text[start]; start++)
		;
	if (len - start >= 2 && text[start] == '0' && (text[start + 1] | 0x20) == 'x')
		start += 2;
	for (size_t i = start; i < len; i++) {
		int d = digit(text[i]);

		if (d < 0) {
			if (text[i] && strchr(" \t\r\n", text[i]))
				continue;
			return error_set(e, "octet %zu of the text is no hexadecimal digit", i + 1);
		}
		if (digits / 2 >= size)
			return error_set(e, "longer than %zu bytes", size);
		if (digits % 2)
			out[digits / 2] |= (uint8_t)d;
		else
			out[digits / 2] = (uint8_t)(d << 4);
		digits++;
	}
	if (digits % 2)
		return error_set(e, "odd number of hexadecimal digits (%zu)", digits);
	*out_len = digits / 2;
	return 0;
}
