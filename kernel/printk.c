/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdint.h>

#include "kernel/console.h"
#include "lib/string.h"

/* Where formatted text goes: into buf as far as size (its NUL not counted) allows, or, with buf
 * NULL, to the console. */
struct sink {
	char *buf;
	size_t size;
	size_t length; /* of the whole text */
};

/* One conversion: %[-0][width][.precision][l|ll|z]letter */
struct spec {
	bool left, zero;
	int width, precision; /* precision -1: none */
	bool wide;	      /* 64-bit argument */
};

static void put(struct sink *sink, char c)
{
	if (!sink->buf)
		console_putc(c);
	else if (sink->length < sink->size)
		sink->buf[sink->length] = c;
	sink->length++;
}

static void pad(struct sink *sink, char c, int n)
{
	while (n-- > 0)
		put(sink, c);
}

static void put_text(struct sink *sink, const struct spec *spec, const char *text, int length)
{
	if (!spec->left)
		pad(sink, ' ', spec->width - length);
	for (int i = 0; i < length; i++)
		put(sink, text[i]);
	if (spec->left)
		pad(sink, ' ', spec->width - length);
}

static void put_string(struct sink *sink, const struct spec *spec, const char *text)
{
	int length = 0;

	if (!text)
		text = "(null)";
	while (length != spec->precision && text[length])
		length++;
	put_text(sink, spec, text, length);
}

static void put_number(struct sink *sink, struct spec spec, uint64_t value, unsigned base,
		       const char *digits, const char *prefix)
{
	char text[24];
	int at = sizeof(text), prefix_length = (int)strlen(prefix), length;

	do
		text[--at] = digits[value % base];
	while (value /= base);
	length = (int)sizeof(text) - at;
	if (spec.zero && !spec.left) {
		put_text(sink, &(struct spec){0}, prefix, prefix_length);
		pad(sink, '0', spec.width - prefix_length - length);
		spec.width = 0;
	} else {
		while (prefix_length)
			text[--at] = prefix[--prefix_length];
		length = (int)sizeof(text) - at;
	}
	put_text(sink, &spec, text + at, length);
}

static int number_or_star(const char **fmt, va_list *args)
{
	int n = 0;

	if (**fmt == '*') {
		(*fmt)++;
		return va_arg(*args, int);
	}
	for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++)
		n = n * 10 + (**fmt - '0');
	return n;
}

static struct spec parse_spec(const char **fmt, va_list *args)
{
	struct spec spec = {.precision = -1};

	for (; **fmt == '-' || **fmt == '0'; (*fmt)++) {
		spec.left |= **fmt == '-';
		spec.zero |= **fmt == '0';
	}
	spec.width = number_or_star(fmt, args);
	if (**fmt == '.') {
		(*fmt)++;
		spec.precision = number_or_star(fmt, args);
	}
	for (; **fmt == 'l' || **fmt == 'z'; (*fmt)++)
		spec.wide = true;
	return spec;
}

static void put_signed(struct sink *sink, struct spec spec, va_list *args)
{
	int64_t value = spec.wide ? va_arg(*args, int64_t) : va_arg(*args, int);
	uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;

	put_number(sink, spec, magnitude, 10, "0123456789", value < 0 ? "-" : "");
}

static void put_unsigned(struct sink *sink, struct spec spec, char letter, va_list *args)
{
	uint64_t value = spec.wide ? va_arg(*args, uint64_t) : va_arg(*args, unsigned);

	if (letter == 'u')
		put_number(sink, spec, value, 10, "0123456789", "");
	else
		put_number(sink, spec, value, 16,
			   letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef", "");
}

static void convert(struct sink *sink, const char **fmt, va_list *args)
{
	struct spec spec = parse_spec(fmt, args);
	char letter = *(*fmt)++, c;

	switch (letter) {
	case 'd':
	case 'i': put_signed(sink, spec, args); break;
	case 'u':
	case 'x':
	case 'X': put_unsigned(sink, spec, letter, args); break;
	case 'p':
		put_number(sink, spec, (uintptr_t)va_arg(*args, void *), 16, "0123456789abcdef",
			   "0x");
		break;
	case 's': put_string(sink, &spec, va_arg(*args, const char *)); break;
	case 'c':
		c = (char)va_arg(*args, int);
		put_text(sink, &spec, &c, 1);
		break;
	case '\0': (*fmt)--; break; /* "%" ends the format */
	default: put(sink, letter);
	}
}

static void format(struct sink *sink, const char *fmt, va_list args)
{
	va_list copy; /* a va_list parameter is an array here: its address is not a va_list * */

	va_copy(copy, args);
	while (*fmt)
		if (*fmt != '%')
			put(sink, *fmt++);
		else {
			fmt++;
			convert(sink, &fmt, &copy);
		}
	va_end(copy);
}

void vprintk(const char *fmt, va_list args)
{
	struct sink sink = {0};

	console_lock();
	format(&sink, fmt, args);
	console_unlock();
}

void printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintk(fmt, args);
	va_end(args);
}

int vsnprintk(char *buf, size_t size, const char *fmt, va_list args)
{
	char none;
	struct sink sink = {.buf = size ? buf : &none, .size = size ? size - 1 : 0};

	format(&sink, fmt, args);
	if (size)
		buf[sink.length < sink.size ? sink.length : sink.size] = '\0';
	return (int)sink.length;
}

int snprintk(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintk(buf, size, fmt, args);
	va_end(args);
	return length;
}
