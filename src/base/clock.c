/* SPDX-License-Identifier: Apache-2.0 */
/* Times: now, as text, and back. The calendar is computed here: no time zone files are opened. */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/parse.h"

#define NS_PER_S 1000000000ll

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts); /* cannot fail for these two */
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t clock_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

struct civil {
	int64_t year;
	unsigned int month, day, hour, minute, second;
	int64_t ns;
};

/* Days since 1970 of a date in the Gregorian calendar, counted in eras of 400 years that begin
 * on the first of March. */
static int64_t days_from_civil(int64_t year, unsigned int month, unsigned int day)
{
	int64_t era, day_of_year, year_of_era;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

static struct civil civil_from_ns(int64_t ns)
{
	int64_t seconds = ns / NS_PER_S, days, era, doe, yoe, doy, mp;
	struct civil c = { .ns = ns % NS_PER_S };

	if (c.ns < 0) {
		c.ns += NS_PER_S;
		seconds--;
	}
	days = seconds / 86400;
	seconds %= 86400;
	if (seconds < 0) {
		seconds += 86400;
		days--;
	}
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	c.day = (unsigned int)(doy - (153 * mp + 2) / 5 + 1);
	c.month = (unsigned int)(mp < 10 ? mp + 3 : mp - 9);
	c.year = yoe + era * 400 + (c.month <= 2);
	c.hour = (unsigned int)(seconds / 3600);
	c.minute = (unsigned int)(seconds / 60 % 60);
	c.second = (unsigned int)(seconds % 60);
	return c;
}

static void format_civil(const struct civil *c, bool fixed, struct strbuf *out)
{
	char fraction[16];
	size_t n = 9;

	strbuf_addf(out, "%04d-%02u-%02uT%02u:%02u:%02u", (int)c->year, c->month, c->day, c->hour,
		    c->minute, c->second);
	(void)snprintf(fraction, sizeof(fraction), "%09u", (unsigned int)c->ns);
	while (!fixed && n > 0 && fraction[n - 1] == '0')
		n--;
	if (n > 0)
		strbuf_addf(out, ".%.*s", (int)n, fraction);
	strbuf_addc(out, 'Z');
}

static void format_time(int64_t ns, bool fixed, struct strbuf *out)
{
	struct civil c = { .year = 1, .month = 1, .day = 1 };

	if (ns != 0)
		c = civil_from_ns(ns);
	format_civil(&c, fixed, out);
}

void clock_format(int64_t ns, struct strbuf *out)
{
	format_time(ns, false, out);
}

void clock_format_fixed(int64_t ns, struct strbuf *out)
{
	format_time(ns, true, out);
}

/* Exactly n digits at *str. */
static int take_digits(const char **str, unsigned int n, unsigned int *ret)
{
	unsigned int value = 0;

	for (unsigned int i = 0; i < n; i++) {
		if ((*str)[i] < '0' || (*str)[i] > '9')
			return -EINVAL;
		value = value * 10 + (unsigned int)((*str)[i] - '0');
	}
	*str += n;
	*ret = value;
	return 0;
}

static int take_char(const char **str, const char *set)
{
	if (!**str || !strchr(set, **str))
		return -EINVAL;
	(*str)++;
	return 0;
}

static int parse_date(const char **str, struct civil *c)
{
	static const unsigned int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap;
	unsigned int year;

	if (take_digits(str, 4, &year) < 0 || take_char(str, "-") < 0 ||
	    take_digits(str, 2, &c->month) < 0 || take_char(str, "-") < 0 ||
	    take_digits(str, 2, &c->day) < 0)
		return -EINVAL;
	leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > lengths[c->month - 1] ||
	    (c->month == 2 && c->day == 29 && !leap))
		return -EINVAL;
	c->year = year;
	return 0;
}

/* HH:MM[:SS[.fraction]]; digits beyond nanoseconds are dropped. */
static int parse_time_of_day(const char **str, bool need_seconds, struct civil *c)
{
	int64_t scale = NS_PER_S / 10;

	if (take_digits(str, 2, &c->hour) < 0 || take_char(str, ":") < 0 ||
	    take_digits(str, 2, &c->minute) < 0)
		return -EINVAL;
	if (**str == ':' || need_seconds)
		if (take_char(str, ":") < 0 || take_digits(str, 2, &c->second) < 0)
			return -EINVAL;
	if (c->hour > 23 || c->minute > 59 || c->second > 59)
		return -EINVAL;
	if (**str != '.')
		return 0;
	(*str)++;
	if (**str < '0' || **str > '9')
		return -EINVAL;
	for (; **str >= '0' && **str <= '9'; (*str)++, scale /= 10)
		c->ns += (**str - '0') * scale;
	return 0;
}

/* "Z" or "+01:30": seconds east of Greenwich. */
static int parse_zone(const char **str, int64_t *ret_offset)
{
	bool west = **str == '-';
	unsigned int hours, minutes;

	if (**str == 'Z' || **str == 'z') {
		(*str)++;
		*ret_offset = 0;
		return 0;
	}
	if (take_char(str, "+-") < 0 || take_digits(str, 2, &hours) < 0 ||
	    take_char(str, ":") < 0 || take_digits(str, 2, &minutes) < 0 || hours > 23 ||
	    minutes > 59)
		return -EINVAL;
	*ret_offset = (west ? -1 : 1) * (int64_t)(hours * 3600 + minutes * 60);
	return 0;
}

static int civil_to_ns(const struct civil *c, int64_t offset, int64_t *ret)
{
	int64_t seconds = days_from_civil(c->year, c->month, c->day) * 86400 + c->hour * 3600 +
			  c->minute * 60 + c->second - offset;
	__int128 total; /* the first second that fits does so only with its fraction */

	if (c->year == 1 && seconds == -62135596800) {
		*ret = 0; /* year 1: Docker's "never" */
		return 0;
	}
	total = (__int128)seconds * NS_PER_S + c->ns;
	if (total < INT64_MIN || total > INT64_MAX)
		return -ERANGE;
	*ret = (int64_t)total;
	return 0;
}

int clock_parse_rfc3339(const char *str, int64_t *ret)
{
	struct civil c = { 0 };
	int64_t offset;

	if (parse_date(&str, &c) < 0 || take_char(&str, "Tt") < 0 ||
	    parse_time_of_day(&str, true, &c) < 0 || parse_zone(&str, &offset) < 0 || *str)
		return -EINVAL;
	return civil_to_ns(&c, offset, ret);
}

/* The local offset of a time given without one, as the C library knows it. */
static int64_t local_offset(const struct civil *c)
{
	struct tm tm = { .tm_year = (int)c->year - 1900,
			 .tm_mon = (int)c->month - 1,
			 .tm_mday = (int)c->day,
			 .tm_hour = (int)c->hour,
			 .tm_min = (int)c->minute,
			 .tm_sec = (int)c->second,
			 .tm_isdst = -1 };

	return mktime(&tm) == (time_t)-1 ? 0 : tm.tm_gmtoff;
}

/* A date, with or without time of day and zone. */
static int parse_loose(const char *str, int64_t *ret)
{
	struct civil c = { 0 };
	int64_t offset;

	if (parse_date(&str, &c) < 0)
		return -EINVAL;
	if (*str == 'T' || *str == 't') {
		str++;
		if (parse_time_of_day(&str, false, &c) < 0)
			return -EINVAL;
	}
	if (!*str)
		offset = local_offset(&c);
	else if (parse_zone(&str, &offset) < 0 || *str)
		return -EINVAL;
	return civil_to_ns(&c, offset, ret);
}

/* "1700000000" or "1700000000.123456789" */
static int parse_unix(const char *str, int64_t *ret)
{
	const char *dot = strchrnul(str, '.');
	int64_t seconds, ns = 0, scale = NS_PER_S / 10;
	char whole[24];
	int r;

	if (str[strspn(str, "-0123456789.")])
		return -EINVAL;
	if ((size_t)(dot - str) >= sizeof(whole))
		return -ERANGE;
	memcpy(whole, str, (size_t)(dot - str));
	whole[dot - str] = '\0';
	r = parse_i64(whole, &seconds);
	if (r < 0)
		return r;
	if (*dot && !dot[1])
		return -EINVAL;
	for (const char *p = *dot ? dot + 1 : dot; *p; p++, scale /= 10) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		ns += (*p - '0') * scale;
	}
	if (__builtin_mul_overflow(seconds, NS_PER_S, &seconds) ||
	    __builtin_add_overflow(seconds, ns, &seconds))
		return -ERANGE;
	*ret = seconds;
	return 0;
}

int clock_parse_relative(const char *str, int64_t now, int64_t *ret)
{
	int64_t duration;
	int r = parse_unix(str, ret);

	if (r != -EINVAL)
		return r;
	r = parse_duration(str, &duration);
	if (r == 0)
		return __builtin_sub_overflow(now, duration, ret) ? -ERANGE : 0;
	return parse_loose(str, ret);
}
