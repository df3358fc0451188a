/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * printf(). A whole call is formatted into a buffer and written at once; what does not fit
 * is cut.
 */
#include <inmate/console.h>
#include <inmate/string.h>

#define LINE_MAX 256

struct text {
	char data[LINE_MAX];
	size_t length;
};

struct field {
	int width;
	int zero;
	int left;
	int longs; /* 0 int, 1 long, 2 long long, size_t as long */
};

static void put(struct text *t, char c)
{
	if (t->length < LINE_MAX)
		t->data[t->length++] = c;
}

static void put_padded(struct text *t, const struct field *f, const char *s, size_t length)
{
	int pad = f->width - (int)length;

	for (; !f->left && pad > 0; pad--)
		put(t, f->zero ? '0' : ' ');
	while (length--)
		put(t, *s++);
	for (; pad > 0; pad--)
		put(t, ' ');
}

/* value / base and the remainder, without the 64-bit division that 32-bit compilers take from
 * a library. */
static uint64_t divide(uint64_t value, uint32_t base, uint32_t *remainder)
{
	uint32_t high = (uint32_t)(value >> 32), low = (uint32_t)value;
	uint32_t quotient_high = high / base;
	uint32_t rest = high % base;

	__asm__("divl %2" : "+a"(low), "+d"(rest) : "r"(base) : "cc");
	*remainder = rest;
	return (uint64_t)quotient_high << 32 | low;
}

static void put_number(struct text *t, struct field *f, uint64_t value, uint32_t base,
		       const char *digits, int negative)
{
	char buffer[24];
	size_t n = sizeof(buffer);
	uint32_t digit;

	do {
		value = divide(value, base, &digit);
		buffer[--n] = digits[digit];
	} while (value);
	if (negative && f->zero) {
		put(t, '-');
		f->width--;
	} else if (negative) {
		buffer[--n] = '-';
	}
	put_padded(t, f, buffer + n, sizeof(buffer) - n);
}

static uint64_t take_unsigned(va_list *args, int longs)
{
	if (longs == 2)
		return va_arg(*args, unsigned long long);
	return longs ? va_arg(*args, unsigned long) : va_arg(*args, unsigned int);
}

static int64_t take_signed(va_list *args, int longs)
{
	if (longs == 2)
		return va_arg(*args, long long);
	return longs ? va_arg(*args, long) : va_arg(*args, int);
}

static void put_conversion(struct text *t, struct field *f, char conversion, va_list *args)
{
	const char *s;
	int64_t value;
	char c;

	switch (conversion) {
	case 'd':
	case 'i':
		value = take_signed(args, f->longs);
		put_number(t, f, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, "0123456789",
			   value < 0);
		break;
	case 'u':
		put_number(t, f, take_unsigned(args, f->longs), 10, "0123456789", 0);
		break;
	case 'x':
		put_number(t, f, take_unsigned(args, f->longs), 16, "0123456789abcdef", 0);
		break;
	case 'X':
		put_number(t, f, take_unsigned(args, f->longs), 16, "0123456789ABCDEF", 0);
		break;
	case 'p':
		put_number(t, f, (uintptr_t)va_arg(*args, void *), 16, "0123456789abcdef", 0);
		break;
	case 's':
		s = va_arg(*args, const char *);
		s = s ? s : "(null)";
		put_padded(t, f, s, strlen(s));
		break;
	case 'c':
		c = (char)va_arg(*args, int);
		put_padded(t, f, &c, 1);
		break;
	default:
		put(t, conversion);
	}
}

static const char *parse_field(struct field *f, const char *p)
{
	*f = (struct field){ 0 };
	for (; *p == '0' || *p == '-'; p++)
		*(*p == '0' ? &f->zero : &f->left) = 1;
	for (; *p >= '0' && *p <= '9'; p++)
		f->width = f->width * 10 + *p - '0';
	for (; *p == 'l' || *p == 'z'; p++)
		f->longs++;
	return p;
}

void vprintf(const char *format, va_list args)
{
	struct text t = { .length = 0 };
	struct field f;
	va_list copy;

	va_copy(copy, args);
	for (; *format; format++) {
		if (*format != '%') {
			put(&t, *format);
			continue;
		}
		format = parse_field(&f, format + 1);
		if (!*format)
			break;
		put_conversion(&t, &f, *format, &copy);
	}
	va_end(copy);
	console_write(t.data, t.length);
}

void printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}
