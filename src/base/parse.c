/* SPDX-License-Identifier: Apache-2.0 */
/* Strict parsers of small values. */
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

int parse_u64(const char *str, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*str)
		return -EINVAL;
	for (const char *p = str; *p; p++)
		if (*p < '0' || *p > '9')
			return -EINVAL;
	for (; *str; str++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*str - '0'), &value))
			return -ERANGE;
	*ret = value;
	return 0;
}

int parse_u32(const char *str, uint32_t *ret)
{
	uint64_t value;
	int r = parse_u64(str, &value);

	if (r < 0)
		return r;
	if (value > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)value;
	return 0;
}

int parse_i64(const char *str, int64_t *ret)
{
	bool negative = *str == '-';
	uint64_t value;
	int r = parse_u64(str + negative, &value);

	if (r < 0)
		return r;
	if (value > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret = negative ? (int64_t)-value : (int64_t)value;
	return 0;
}

int parse_bool(const char *str, bool *ret)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcmp(str, yes[i]) == 0 || strcmp(str, no[i]) == 0) {
			*ret = strcmp(str, yes[i]) == 0;
			return 0;
		}
	}
	return -EINVAL;
}

/* "12.5" at the head of str; *ret_end behind it. At least one digit, no sign, no exponent. */
static int parse_decimal(const char *str, double *ret, const char **ret_end)
{
	double value = 0, scale = 1;
	const char *p = str;
	bool any = false;

	for (; *p >= '0' && *p <= '9'; p++, any = true)
		value = value * 10 + (*p - '0');
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, any = true)
			value += (*p - '0') * (scale /= 10);
	if (!any)
		return -EINVAL;
	*ret = value;
	*ret_end = p;
	return 0;
}

/* Units as go-units has them: k m g t p (step each), with "b" or "ib" behind, in any case, one
 * blank before. */
static int parse_units(const char *str, double step, int64_t *ret)
{
	static const char units[] = "kmgtp";
	const char *end, *unit;
	double value;
	int r = parse_decimal(str, &value, &end);

	if (r < 0)
		return r;
	if (*end == ' ')
		end++;
	unit = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
	if (unit) {
		for (const char *p = units; p <= unit; p++)
			value *= step;
		end++;
		if (tolower((unsigned char)*end) == 'i' && tolower((unsigned char)end[1]) == 'b')
			end++;
	}
	if (tolower((unsigned char)*end) == 'b')
		end++;
	if (*end)
		return -EINVAL;
	if (value >= 9223372036854775807.0)
		return -ERANGE;
	*ret = (int64_t)value;
	return 0;
}

int parse_size(const char *str, int64_t *ret)
{
	return parse_units(str, 1024, ret);
}

int parse_size_decimal(const char *str, int64_t *ret)
{
	return parse_units(str, 1000, ret);
}

struct duration_unit {
	const char *name;
	int64_t ns;
};

static const struct duration_unit duration_units[] = {
	{ "ns", 1 },	   { "us", 1000 },	{ "\xc2\xb5s", 1000 }, { "\xce\xbcs", 1000 },
	{ "ms", 1000000 }, { "s", 1000000000 }, { "m", 60000000000 },  { "h", 3600000000000 },
};

/* The longest unit at str, so that "ms" is not "m". */
static const struct duration_unit *find_duration_unit(const char *str)
{
	const struct duration_unit *best = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(duration_units); i++) {
		const struct duration_unit *u = &duration_units[i];

		if (strncmp(str, u->name, strlen(u->name)) == 0 &&
		    (!best || strlen(u->name) > strlen(best->name)))
			best = u;
	}
	return best;
}

/* One "12.5s": whole part exactly, fraction to the nanosecond below. */
static int parse_duration_part(const char **str, int64_t *sum)
{
	const char *p = *str;
	const struct duration_unit *unit;
	int64_t whole = 0, fraction = 0, scale = 1, part;
	bool any = false;

	for (; *p >= '0' && *p <= '9'; p++, any = true)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *p - '0', &whole))
			return -ERANGE;
	if (*p == '.') {
		for (p++; *p >= '0' && *p <= '9'; p++, any = true) {
			if (scale < 1000000000000000) {
				fraction = fraction * 10 + (*p - '0');
				scale *= 10;
			}
		}
	}
	unit = any ? find_duration_unit(p) : NULL;
	if (!unit)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, unit->ns, &part) ||
	    __builtin_add_overflow(*sum, part, sum))
		return -ERANGE;
	part = (int64_t)((double)fraction * ((double)unit->ns / (double)scale));
	if (__builtin_add_overflow(*sum, part, sum))
		return -ERANGE;
	*str = p + strlen(unit->name);
	return 0;
}

int parse_duration(const char *str, int64_t *ret_ns)
{
	bool negative = *str == '-';
	int64_t sum = 0;

	if (*str == '-' || *str == '+')
		str++;
	if (!*str)
		return -EINVAL;
	if (strcmp(str, "0") == 0)
		str++;
	while (*str) {
		int r = parse_duration_part(&str, &sum);

		if (r < 0)
			return r;
	}
	*ret_ns = negative ? -sum : sum;
	return 0;
}

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "SIGABRT", SIGABRT },
	{ "SIGALRM", SIGALRM },
	{ "SIGBUS", SIGBUS },
	{ "SIGCHLD", SIGCHLD },
	{ "SIGCONT", SIGCONT },
	{ "SIGFPE", SIGFPE },
	{ "SIGHUP", SIGHUP },
	{ "SIGILL", SIGILL },
	{ "SIGINT", SIGINT },
	{ "SIGIO", SIGIO },
	{ "SIGKILL", SIGKILL },
	{ "SIGPIPE", SIGPIPE },
	{ "SIGPROF", SIGPROF },
	{ "SIGPWR", SIGPWR },
	{ "SIGQUIT", SIGQUIT },
	{ "SIGSEGV", SIGSEGV },
#ifdef SIGSTKFLT
	{ "SIGSTKFLT", SIGSTKFLT },
#endif
	{ "SIGSTOP", SIGSTOP },
	{ "SIGSYS", SIGSYS },
	{ "SIGTERM", SIGTERM },
	{ "SIGTRAP", SIGTRAP },
	{ "SIGTSTP", SIGTSTP },
	{ "SIGTTIN", SIGTTIN },
	{ "SIGTTOU", SIGTTOU },
	{ "SIGURG", SIGURG },
	{ "SIGUSR1", SIGUSR1 },
	{ "SIGUSR2", SIGUSR2 },
	{ "SIGVTALRM", SIGVTALRM },
	{ "SIGWINCH", SIGWINCH },
	{ "SIGXCPU", SIGXCPU },
	{ "SIGXFSZ", SIGXFSZ },
	/* other names of the same: below, so that signal_name finds the usual one */
	{ "SIGCLD", SIGCHLD },
	{ "SIGIOT", SIGABRT },
	{ "SIGPOLL", SIGIO },
};

/* Real-time signals have no fixed numbers in C, but they have in every Linux container: 34 … 64. */
enum { REALTIME_MIN = 34, REALTIME_MAX = 64 };

static int parse_realtime(const char *name, int *ret)
{
	bool up = strncasecmp(name, "RTMIN", 5) == 0;
	uint32_t offset = 0;
	int r;

	if (!up && strncasecmp(name, "RTMAX", 5) != 0)
		return -EINVAL;
	if (name[5]) {
		if (name[5] != (up ? '+' : '-'))
			return -EINVAL;
		r = parse_u32(name + 6, &offset);
		if (r < 0)
			return r;
	}
	if (offset > REALTIME_MAX - REALTIME_MIN)
		return -ERANGE;
	*ret = up ? REALTIME_MIN + (int)offset : REALTIME_MAX - (int)offset;
	return 0;
}

int parse_signal(const char *str, int *ret)
{
	uint32_t number;
	int r = parse_u32(str, &number);

	if (r == 0) {
		if (number < 1 || number > REALTIME_MAX)
			return -ERANGE;
		*ret = (int)number;
		return 0;
	}
	if (r == -ERANGE)
		return r;
	if (strncasecmp(str, "SIG", 3) == 0)
		str += 3;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (strcasecmp(str, signals[i].name + 3) == 0) {
			*ret = signals[i].number;
			return 0;
		}
	}
	return parse_realtime(str, ret);
}

const char *signal_name(int sig)
{
	static char realtime[16];

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (signals[i].number == sig)
			return signals[i].name;
	if (sig < REALTIME_MIN || sig > REALTIME_MAX)
		return NULL;
	(void)snprintf(realtime, sizeof(realtime), "SIGRTMIN+%d", sig - REALTIME_MIN);
	return realtime;
}

int parse_port(const char *str, uint16_t *ret)
{
	uint32_t value;
	int r = parse_u32(str, &value);

	if (r < 0)
		return r;
	if (value < 1 || value > UINT16_MAX)
		return -ERANGE;
	*ret = (uint16_t)value;
	return 0;
}

int parse_port_range(const char *str, uint16_t *ret_first, uint16_t *ret_last)
{
	const char *dash = strchr(str, '-');
	char first[8];
	uint16_t low = 0, high = 0;
	int r;

	if (!dash) {
		r = parse_port(str, &low);
		high = low;
	} else {
		if ((size_t)(dash - str) >= sizeof(first))
			return -EINVAL;
		memcpy(first, str, (size_t)(dash - str));
		first[dash - str] = '\0';
		r = parse_port(first, &low);
		if (r == 0)
			r = parse_port(dash + 1, &high);
	}
	if (r < 0)
		return r;
	if (low > high)
		return -EINVAL;
	*ret_first = low;
	*ret_last = high;
	return 0;
}
