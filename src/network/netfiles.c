/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/hosts, /etc/hostname and /etc/resolv.conf of a container. The engine writes the texts to the
 * container's directory and binds them into its root.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "network/address.h"
#include "network/network.h"
#include "network/resolv-conf.h"
#include "network/resolver.h"
#include "sys/fd.h"

enum { HOST_FILE_MAX = 1 << 20 };

/* Public servers, when the host has none that a container could reach: what Docker uses. */
static const char *const public_servers[] = { "8.8.8.8", "8.8.4.4" };

static const char hosts_head[] = "127.0.0.1\tlocalhost\n"
				 "::1\tlocalhost ip6-localhost ip6-loopback\n"
				 "fe00::\tip6-localnet\n"
				 "ff00::\tip6-mcastprefix\n"
				 "ff02::1\tip6-allnodes\n"
				 "ff02::2\tip6-allrouters\n";

/* A word that goes into a line of these files must not end it, or begin another word. */
static bool word_is_clean(const char *word)
{
	if (*word == '\0')
		return false;
	for (; *word; word++) {
		if ((unsigned char)*word <= ' ' || *word == '#' || *word == 0x7f)
			return false;
	}
	return true;
}

static char *file_text(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC); /* following links: it often is one */
	char *text = NULL;
	size_t len;

	if (fd < 0 || fd_read_all(fd, HOST_FILE_MAX, &text, &len) < 0)
		return NULL;
	return text;
}

/* "name:ip", the ip perhaps in brackets or "host-gateway". */
static int hosts_add_extra(const struct netfiles_options *opts, const char *entry,
			   struct strbuf *out, struct error *err)
{
	const char *colon = strchr(entry, ':');
	cleanup_free char *name = colon ? xstrndup(entry, (size_t)(colon - entry)) : NULL;
	const char *ip = colon ? colon + 1 : "";
	char text[ADDRESS_TEXT_MAX];
	struct link_address addr;

	if (!name || !word_is_clean(name))
		return error_set(err, ERR_INVALID, EINVAL, "bad format for add-host: \"%s\"",
				 entry);
	if (strcmp(ip, "host-gateway") == 0) {
		if (!opts->gateway)
			return error_set(err, ERR_INVALID, EINVAL,
					 "unable to derive the IP value for host-gateway");
		ip = opts->gateway;
	}
	if (address_parse(ip, &addr) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid IP address in add-host: \"%s\"",
				 ip);
	address_format(&addr, text);
	strbuf_addf(out, "%s\t%s\n", text, name);
	return 0;
}

static void hosts_add_own(const struct netfiles_options *opts, const char *ip, struct strbuf *out)
{
	const bool domain = opts->domainname && opts->domainname[0];

	if (!ip)
		return;
	if (domain)
		strbuf_addf(out, "%s\t%s.%s %s\n", ip, opts->hostname, opts->domainname,
			    opts->hostname);
	else
		strbuf_addf(out, "%s\t%s\n", ip, opts->hostname);
}

void netfiles_hosts_line(const struct netfiles_options *opts, const struct endpoint *ep,
			 struct strbuf *out)
{
	hosts_add_own(opts, ep->ip, out);
	hosts_add_own(opts, ep->ip6, out);
}

int netfiles_hosts(const struct netfiles_options *opts, struct strbuf *out, struct error *err)
{
	cleanup_free char *host = opts->host_network ? file_text("/etc/hosts") : NULL;

	strbuf_adds(out, host ? host : hosts_head);
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		strbuf_addc(out, '\n');
	for (char *const *e = opts->extra_hosts; e && *e; e++) {
		int r = hosts_add_extra(opts, *e, out, err);

		if (r < 0)
			return r;
	}
	for (char *const *l = opts->links; l && *l; l++)
		strbuf_addf(out, "%s\n", *l);
	if (opts->n_endpoints == 0 || !opts->hostname || !opts->hostname[0])
		return 0;
	if (!word_is_clean(opts->hostname) ||
	    (opts->domainname && opts->domainname[0] && !word_is_clean(opts->domainname)))
		return error_set(err, ERR_INVALID, EINVAL, "invalid hostname: %s", opts->hostname);
	for (size_t i = 0; i < opts->n_endpoints; i++)
		netfiles_hosts_line(opts, &opts->endpoints[i], out);
	return 0;
}

/* What was asked for takes the place of what the host has. */
static int resolv_override(char *const *words, char ***list, struct error *err)
{
	if (strv_len(words) == 0)
		return 0;
	strv_free(take_ptr(*list));
	for (; *words; words++) {
		if (!word_is_clean(*words))
			return error_set(err, ERR_INVALID, EINVAL, "invalid DNS setting \"%s\"",
					 *words);
		strv_push(list, *words);
	}
	return 0;
}

static bool has_ipv6(const struct netfiles_options *opts)
{
	for (size_t i = 0; i < opts->n_endpoints; i++) {
		if (opts->endpoints[i].ip6)
			return true;
	}
	return false;
}

/* The host's servers, those behind systemd-resolved's stub, else public ones. */
static void resolv_inherit(const struct netfiles_options *opts, struct resolv_conf *conf)
{
	bool reachable;

	if (opts->host_network)
		return; /* the host's loopback is the container's */
	if (resolv_conf_is_stub(conf)) {
		cleanup_free char *text = file_text("/run/systemd/resolve/resolv.conf");

		if (text) {
			resolv_conf_release(conf);
			resolv_conf_parse(text, conf);
		}
	}
	resolv_conf_filter(conf, has_ipv6(opts));
	reachable = strv_len(conf->nameservers) > 0;
	for (size_t i = 0; !reachable && i < ARRAY_SIZE(public_servers); i++)
		strv_push(&conf->nameservers, public_servers[i]);
}

static bool has_ndots(char *const *options)
{
	for (; options && *options; options++) {
		if (strncmp(*options, "ndots:", strlen("ndots:")) == 0)
			return true;
	}
	return false;
}

int netfiles_resolv_conf(const struct netfiles_options *opts, const char *host_resolv_conf,
			 struct strbuf *out, struct error *err)
{
	cleanup(resolv_conf_release) struct resolv_conf conf = { 0 };
	const bool no_search = strv_contains(opts->dns_search, ".");
	char address[] = RESOLVER_ADDRESS;
	char *const resolver[] = { address, NULL };
	int r;

	if (opts->host_network && strv_len(opts->dns) == 0 && strv_len(opts->dns_search) == 0 &&
	    strv_len(opts->dns_options) == 0) {
		strbuf_adds(out, host_resolv_conf);
		return 0;
	}
	resolv_conf_parse(host_resolv_conf, &conf);
	if (strv_len(opts->dns) == 0 && !opts->resolver)
		resolv_inherit(opts, &conf);
	r = resolv_override(opts->resolver ? resolver : opts->dns, &conf.nameservers, err);
	if (r >= 0)
		r = resolv_override(opts->dns_search, &conf.search, err);
	if (r >= 0)
		r = resolv_override(opts->dns_options, &conf.options, err);
	if (r < 0)
		return r;
	if (no_search)
		strv_free(take_ptr(conf.search));
	/* Names of one word are what a network has: they are asked for as they are. */
	if (opts->resolver && !has_ndots(conf.options))
		strv_push(&conf.options, "ndots:0");
	strbuf_adds(out, "# Written at each start of the container, after the host's\n");
	resolv_conf_print(&conf, out);
	return 0;
}

void netfiles_hostname(const struct netfiles_options *opts, struct strbuf *out)
{
	strbuf_addf(out, "%s\n", opts->hostname ? opts->hostname : "");
}
