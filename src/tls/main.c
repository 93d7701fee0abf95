/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-tls: see http/tls.h. The files are read first; from then on it has no right and no file but
 * its two sockets.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/args.h"
#include "base/log.h"
#include "http/tls.h"
#include "sys/fd.h"
#include "sys/linger.h"
#include "sys/sandbox.h"
#include "tls/pump.h"

enum {
	NOBODY = 65534,
	HANDSHAKE_SECONDS = 30,
	LINGER_MS = 2000,
	LINGER_TOTAL_MS = 30 * 1000,
};

struct options {
	char *ca, *cert, *key, *name;
	bool no_verify;
};

static const struct arg_option rows[] = {
	ARG_STR(struct options, ca, "ca", 0, "file",
		"Certificates that the other side's must be signed by"),
	ARG_STR(struct options, cert, "cert", 0, "file", "Certificate of this side"),
	ARG_STR(struct options, key, "key", 0, "file", "Its key"),
	ARG_STR(struct options, name, "name", 0, "host", "The server's name or address"),
	ARG_BOOL(struct options, no_verify, "no-verify", 0, "Take any server"),
};

static const struct arg_spec spec = {
	.command = "hoy-tls",
	.usage = "server|client|check [OPTIONS]",
	.summary = "Carry a TLS connection for hoy and hoyd (started by them only)",
	ARG_OPTIONS(rows),
	.min_args = 1,
	.max_args = 1,
};

/* What OpenSSL thinks went wrong, in its words. */
static int fail(struct error *err, const char *what, const char *file)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	return error_set(err, ERR_SYSTEM, EPROTO, "%s%s%s: %s", what, file ? " " : "",
			 file ? file : "", reason ? reason : "failed");
}

static int load(SSL_CTX *ctx, const struct options *o, bool server, struct error *err)
{
	if (server && (!o->ca || !o->cert || !o->key))
		return error_set(err, ERR_INVALID, EINVAL,
				 "TLS needs --tlscacert, --tlscert and --tlskey");
	if (!o->cert != !o->key)
		return error_set(err, ERR_INVALID, EINVAL, "a certificate and its key go together");
	if (o->ca && SSL_CTX_load_verify_locations(ctx, o->ca, NULL) != 1)
		return fail(err, "could not read CA certificate", o->ca);
	if (!o->ca && !o->no_verify && SSL_CTX_set_default_verify_paths(ctx) != 1)
		return fail(err, "read the certificates that the machine trusts", NULL);
	if (o->cert && SSL_CTX_use_certificate_chain_file(ctx, o->cert) != 1)
		return fail(err, "could not load certificate", o->cert);
	if (o->key && SSL_CTX_use_PrivateKey_file(ctx, o->key, SSL_FILETYPE_PEM) != 1)
		return fail(err, "could not load key", o->key);
	if (o->key && SSL_CTX_check_private_key(ctx) != 1)
		return fail(err, "the key does not belong to certificate", o->cert);
	if (server)
		SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(o->ca));
	return 0;
}

static int make_context(const struct options *o, bool server, SSL_CTX **ret, struct error *err)
{
	int mode = SSL_VERIFY_PEER | (server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		return fail(err, "start TLS", NULL);
	SSL_CTX_set_verify(ctx, o->no_verify && !server ? SSL_VERIFY_NONE : mode, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	*ret = ctx;
	return load(ctx, o, server, err);
}

/* The name that the certificate must be for, and that the server may choose one by. */
static int set_name(SSL *ssl, const struct options *o, struct error *err)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (!o->name)
		return 0;
	if (X509_VERIFY_PARAM_set1_ip_asc(param, o->name) == 1)
		return 0;
	if (SSL_set1_host(ssl, o->name) != 1 || SSL_set_tlsext_host_name(ssl, o->name) != 1)
		return fail(err, "bad server name", o->name);
	return 0;
}

static void on_alarm(int sig)
{
}

/* A time for each piece, and for all of it: a call that is interrupted fails the handshake. */
static int limit_time(int seconds)
{
	const struct timeval piece = { .tv_sec = seconds };
	const struct sigaction action = { .sa_handler = on_alarm };

	if (sigaction(SIGALRM, &action, NULL) < 0 ||
	    setsockopt(TLS_NETWORK_FD, SOL_SOCKET, SO_RCVTIMEO, &piece, sizeof(piece)) < 0)
		return -errno;
	(void)alarm((unsigned int)seconds);
	return 0;
}

static int handshake(SSL *ssl, bool server, struct error *err)
{
	long verdict;

	if (SSL_set_fd(ssl, TLS_NETWORK_FD) != 1 || limit_time(HANDSHAKE_SECONDS) < 0)
		return fail(err, "start TLS", NULL);
	if ((server ? SSL_accept(ssl) : SSL_connect(ssl)) != 1) {
		verdict = SSL_get_verify_result(ssl);
		if (verdict != X509_V_OK)
			return error_set(err, ERR_SYSTEM, EPROTO,
					 "tls: failed to verify certificate: %s",
					 X509_verify_cert_error_string(verdict));
		return fail(err, "tls: handshake", NULL);
	}
	if (limit_time(0) < 0)
		return fail(err, "start TLS", NULL);
	return fd_set_nonblock(TLS_NETWORK_FD, true);
}

static int confine(struct error *err)
{
	const struct sandbox sandbox = { .uid = NOBODY, .gid = NOBODY };
	int r = sandbox_enter(&sandbox);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "hoy-tls: enter the sandbox") : 0;
}

static void tell(const char *text)
{
	ignore_result(fd_write_all(TLS_STATUS_FD, text, strlen(text)));
	(void)close(TLS_STATUS_FD);
}

static int run(const char *mode, const struct options *o, struct error *err)
{
	bool server = strcmp(mode, "client") != 0;
	SSL_CTX *ctx = NULL;
	SSL *ssl = NULL;
	int r = make_context(o, server, &ctx, err);

	if (r >= 0 && strcmp(mode, "check") == 0) {
		tell("ok\n");
		return 0;
	}
	if (r >= 0)
		r = confine(err);
	if (r < 0)
		return r;
	ssl = SSL_new(ctx);
	if (!ssl)
		return fail(err, "start TLS", NULL);
	if (!server)
		r = set_name(ssl, o, err);
	if (r >= 0)
		r = handshake(ssl, server, err);
	if (r < 0)
		return r;
	if (!server)
		tell("ok\n");
	/* What breaks later both sides see as the end. The peer may still be sending. */
	ignore_result(tls_pump(ssl, TLS_NETWORK_FD, TLS_PLAIN_FD));
	linger(TLS_NETWORK_FD, LINGER_MS, LINGER_TOTAL_MS);
	return 0;
}

int main(int argc, char **argv)
{
	cleanup(error_release) struct error err = ERROR_INIT;
	cleanup_free char **rest = NULL;
	struct options o = { .ca = NULL };
	int r;

	(void)signal(SIGPIPE, SIG_IGN);
	log_init("hoy-tls", LOG_WARNING);
	r = args_parse(&spec, argc, argv, &o, &rest, &err);
	if (r > 0)
		return 0;
	if (r >= 0)
		r = run(rest[0], &o, &err);
	if (r >= 0)
		return 0;
	if (rest && rest[0] && strcmp(rest[0], "server") == 0)
		log_warning("%s", error_text(&err));
	else
		tell(error_text(&err));
	return 1;
}
