/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificates the client uses, by options and environment as docker does. */
#include "client/tls.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "client/client.h"
#include "client/config-dir.h"
#include "client/program.h"

void client_tls_free(struct tls_client *tls)
{
	if (!tls)
		return;
	free(tls->program);
	free(tls->ca);
	free(tls->cert);
	free(tls->key);
	free(tls);
}

static char *cert_dir(void)
{
	const char *dir = getenv("DOCKER_CERT_PATH");
	char *config;

	if (dir && *dir)
		return xstrdup(dir);
	config = client_config_dir();
	return config ? config : xstrdup("/root/.docker");
}

/* What was asked for, there or not; else the usual file, when it is there. */
static char *pick(const char *asked, const char *dir, const char *name)
{
	cleanup_free char *usual = xasprintf("%s/%s", dir, name);

	if (asked && *asked)
		return xstrdup(asked);
	return access(usual, F_OK) == 0 ? take_ptr(usual) : NULL;
}

void client_set_tls(struct client *client, char *ca, char *cert, char *key, bool verify)
{
	client_tls_free(client->tls);
	client->tls = xcalloc(1, sizeof(*client->tls));
	*client->tls = (struct tls_client){ .program = client_program("hoy-tls"),
					    .ca = ca,
					    .cert = cert,
					    .key = key,
					    .verify = verify };
}

void client_use_tls(struct client *client, const struct client_tls_options *o)
{
	const char *env = getenv("DOCKER_TLS_VERIFY"), *plain = getenv("DOCKER_TLS");
	cleanup_free char *dir = NULL;
	bool verify = o->verify || (env && *env);

	if (!verify && !o->tls && !(plain && *plain) && !o->ca && !o->cert && !o->key)
		return;
	dir = cert_dir();
	client_set_tls(client, pick(o->ca, dir, "ca.pem"), pick(o->cert, dir, "cert.pem"),
		       pick(o->key, dir, "key.pem"), verify);
}
