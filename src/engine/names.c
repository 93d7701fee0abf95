/* SPDX-License-Identifier: Apache-2.0 */
/* Names for those who give none: an adjective and something of the sea. */
#include "engine/names.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/strbuf.h"

static const char *const adjectives[] = {
	"able",	  "amber",  "ample",  "ashen",	"azure",  "balmy",  "bold",   "brave",
	"breezy", "bright", "brisk",  "calm",	"candid", "civil",  "clear",  "clever",
	"coral",  "cosy",   "crisp",  "daring", "deft",	  "eager",  "early",  "earnest",
	"fair",	  "fleet",  "fond",   "free",	"fresh",  "gentle", "glad",   "golden",
	"hardy",  "hearty", "honest", "jolly",	"keen",	  "kind",   "lively", "loyal",
	"lucid",  "lucky",  "merry",  "mild",	"neat",	  "nimble", "noble",  "placid",
	"plucky", "polite", "proud",  "quick",	"quiet",  "ready",  "salty",  "serene",
	"silver", "smooth", "snug",   "spry",	"steady", "sunny",  "swift",  "trusty",
};

static const char *const nouns[] = {
	"anchor",  "atoll",   "ballast", "barge",    "bay",	"beacon",  "bilge",  "boom",
	"bosun",   "bow",     "breaker", "buoy",     "cabin",	"canvas",  "cape",   "capstan",
	"captain", "channel", "clipper", "compass",  "coral",	"cove",	   "crew",   "current",
	"cutter",  "davit",   "deck",	 "dinghy",   "dock",	"dolphin", "ferry",  "fjord",
	"gale",	   "galley",  "gull",	 "harbour",  "hatch",	"helm",	   "heron",  "hull",
	"island",  "jetty",   "kelp",	 "ketch",    "lagoon",	"lantern", "locker", "mast",
	"oar",	   "otter",   "pearl",	 "pelican",  "pilot",	"port",	   "quay",   "reef",
	"rigging", "rudder",  "sail",	 "schooner", "sextant", "shoal",   "sloop",  "tide",
};

static void random_bytes(void *data, size_t len)
{
	if (getrandom(data, len, 0) != (ssize_t)len)
		abort(); /* getrandom(2): never, for up to 256 bytes of a ready pool */
}

bool name_is_valid(const char *name)
{
	static const char first[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	static const char rest[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = strlen(name);

	return len >= 2 && len <= NAME_LEN_MAX && strchr(first, name[0]) &&
	       strspn(name, rest) == len;
}

int name_check(const char *name, struct error *err)
{
	if (name_is_valid(name))
		return 0;
	return error_set(err, ERR_INVALID, EINVAL,
			 "Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
			 name);
}

char *name_random(unsigned int attempt)
{
	unsigned char r[3];

	random_bytes(r, sizeof(r));
	if (attempt == 0)
		return xasprintf("%s_%s", adjectives[r[0] % ARRAY_SIZE(adjectives)],
				 nouns[r[1] % ARRAY_SIZE(nouns)]);
	return xasprintf("%s_%s%u", adjectives[r[0] % ARRAY_SIZE(adjectives)],
			 nouns[r[1] % ARRAY_SIZE(nouns)], r[2] % (attempt < 3 ? 10U : 256U));
}

char *id_random(void)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char r[32];
	char *id = xmalloc(65);

	do {
		random_bytes(r, sizeof(r));
		for (size_t i = 0; i < sizeof(r); i++) {
			id[2 * i] = digits[r[i] >> 4];
			id[2 * i + 1] = digits[r[i] & 15];
		}
		id[64] = '\0';
	} while (strspn(id, "0123456789") >= 12);
	return id;
}
