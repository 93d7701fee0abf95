/* SPDX-License-Identifier: Apache-2.0 */
/* Connections to the engine, wherever it is: a socket, TCP with or without TLS, ssh, or a private
 * one that is started for us. */
#include "client/dial.h"

#include <errno.h>

#include "client/program.h"
#include "client/ssh.h"
#include "http/url.h"

static int explain_dial(struct client *client, struct error *err)
{
	int errnum = err->errnum;

	if (errnum == EACCES || errnum == EPERM) {
		error_release(err);
		return error_set(
			err, ERR_FORBIDDEN, errnum,
			"permission denied while trying to connect to the engine's socket at %s",
			client->url);
	}
	if (errnum == ENOENT || errnum == ECONNREFUSED || errnum == ENOTSOCK) {
		error_release(err);
		return error_set(err, ERR_UNAVAILABLE, errnum,
				 "Cannot connect to the hoy engine at %s. Is the engine running?",
				 client->url);
	}
	return -errnum;
}

/* The address as it was given, whatever it leads through. */
static int dial_url(struct client *client, struct http_client *ret, struct error *err)
{
	cleanup(host_url_release) struct host_url url = { 0 };
	cleanup_free char *dialer = NULL;
	int r = host_url_parse(client->url, &url), fd = -1;

	if (r >= 0 && url.scheme == HOST_TCP)
		dialer = client_program("hoy-dial");
	if (r < 0 || url.scheme != HOST_SSH)
		return http_client_dial(client->url, dialer, client->tls, ret, err);
	r = ssh_dial(&url, &fd, err);
	if (r >= 0)
		http_client_adopt(fd, ret);
	return r;
}

int client_dial(struct client *client, struct http_client *ret, struct error *err)
{
	int r = dial_url(client, ret, err);

	if (r >= 0)
		return 0;
	if (!client->may_spawn || (err->errnum != ENOENT && err->errnum != ECONNREFUSED))
		return explain_dial(client, err);
	error_release(err);
	r = private_engine_start(&client->engine, err);
	if (r < 0)
		return r;
	client->may_spawn = false;
	free(client->url);
	client->url = xasprintf("unix://%s", client->engine.socket);
	r = http_client_dial(client->url, NULL, client->tls, ret, err);
	return r < 0 ? explain_dial(client, err) : 0;
}

int client_connect(struct client *client, int *ret_fd, struct error *err)
{
	cleanup(strbuf_release) struct strbuf rest = STRBUF_INIT;
	struct http_client http = HTTP_CLIENT_INIT;
	int r = client_dial(client, &http, err);

	if (r >= 0)
		*ret_fd = http_client_hijack(&http, &rest);
	return r;
}

int client_preconnect(struct client *client, size_t n, struct error *err)
{
	while (client->n_idle < n && client->n_idle < CLIENT_IDLE_MAX) {
		struct http_client *http = &client->idle[client->n_idle];
		int r;

		*http = (struct http_client)HTTP_CLIENT_INIT;
		r = client_dial(client, http, err);
		if (r < 0)
			return r;
		client->n_idle++;
	}
	return 0;
}
