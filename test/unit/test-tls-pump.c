/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of hoy-tls, two of them back to back: what goes in on one plain side comes out on the
 * other, whatever the sizes. */
#include "tls/pump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/fd.h"

enum { WAIT_MS = 20000, LARGEST = 300 * 1024 };

struct tunnel {
	int client, server; /* the plain ends */
	pid_t pids[2];
};

static SSL_CTX *server_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}

static SSL *new_side(SSL_CTX *ctx, int fd)
{
	SSL *ssl;

	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	assert_int_equal(fd_set_nonblock(fd, true), 0);
	assert_int_equal(SSL_set_fd(ssl, fd), 1);
	return ssl;
}

static pid_t fork_pump(SSL *ssl, int network, int plain, const int *others, size_t n)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	for (size_t i = 0; i < n; i++)
		close(others[i]);
	_exit(tls_pump(ssl, network, plain) < 0);
}

static void tunnel_open(struct tunnel *t)
{
	int network[2], client[2], server[2];
	SSL *in, *out;
	int a = 0, b = 0;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, network), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, client), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, server), 0);
	in = new_side(SSL_CTX_new(TLS_client_method()), network[0]);
	out = new_side(server_context(), network[1]);
	for (int i = 0; (a != 1 || b != 1) && i < 1000; i++) {
		a = a == 1 ? 1 : SSL_connect(in);
		b = b == 1 ? 1 : SSL_accept(out);
	}
	assert_true(a == 1 && b == 1);
	t->pids[0] = fork_pump(in, network[0], client[1],
			       (int[]){ network[1], client[0], server[0], server[1] }, 4);
	t->pids[1] = fork_pump(out, network[1], server[1],
			       (int[]){ network[0], client[0], client[1], server[0] }, 4);
	SSL_free(in);
	SSL_free(out);
	close(network[0]);
	close(network[1]);
	close(client[1]);
	close(server[1]);
	t->client = client[0];
	t->server = server[0];
}

static void tunnel_close(struct tunnel *t)
{
	int status;

	close(t->client);
	close(t->server);
	for (size_t i = 0; i < ARRAY_SIZE(t->pids); i++)
		assert_int_equal(waitpid(t->pids[i], &status, 0), t->pids[i]);
}

/* All of it in one go at one end; all of it, unchanged, at the other. */
static void carry(int from, int to, size_t size)
{
	static char sent[LARGEST], got[LARGEST];
	size_t in = 0, out = 0;

	assert_true(size <= LARGEST);
	for (size_t i = 0; i < size; i++)
		sent[i] = (char)(i * 31 + size);
	while (out < size) {
		struct pollfd fds[] = { { to, POLLIN, 0 }, { in < size ? from : -1, POLLOUT, 0 } };
		ssize_t n;

		if (poll(fds, 2, WAIT_MS) <= 0)
			fail_msg("stuck with %zu of %zu bytes", out, size);
		if (fds[1].revents) {
			n = send(from, sent + in, size - in, MSG_DONTWAIT);
			in += n > 0 ? (size_t)n : 0;
		}
		if (fds[0].revents) {
			n = recv(to, got + out, size - out, MSG_DONTWAIT);
			assert_true(n > 0);
			out += (size_t)n;
		}
	}
	assert_memory_equal(sent, got, size);
}

/* 20,480 and then 24,576 bytes: the second is written in two records, and the first of them ends
 * where the sums of both buffers' positions are equal. */
static void test_sizes(void **state)
{
	struct tunnel t;
	unsigned int seed = 1;

	tunnel_open(&t);
	for (int i = 0; i < 50; i++) {
		carry(t.client, t.server, 20480);
		carry(t.client, t.server, 24576);
	}
	for (int i = 0; i < 300; i++) {
		carry(t.client, t.server, 1 + (size_t)rand_r(&seed) % LARGEST);
		carry(t.server, t.client, 1 + (size_t)rand_r(&seed) % LARGEST);
	}
	tunnel_close(&t);
}

static void test_half_closed(void **state)
{
	struct tunnel t;
	char c;

	tunnel_open(&t);
	carry(t.client, t.server, 100);
	assert_int_equal(shutdown(t.client, SHUT_WR), 0);
	assert_int_equal(recv(t.server, &c, 1, 0), 0);
	carry(t.server, t.client, 70000);
	close(t.server);
	t.server = -1;
	assert_int_equal(recv(t.client, &c, 1, 0), 0);
	tunnel_close(&t);
}

/* The answer of somebody who does not listen any more still arrives. */
static void test_answer_to_one_that_still_sends(void **state)
{
	struct tunnel t;
	char buf[65536];
	size_t got = 0;
	ssize_t n;

	tunnel_open(&t);
	memset(buf, 'a', sizeof(buf));
	assert_int_equal(send(t.server, buf, 5000, 0), 5000);
	close(t.server);
	t.server = -1;
	for (int i = 0; i < 20; i++)
		(void)!send(t.client, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
	while ((n = recv(t.client, buf, sizeof(buf), 0)) > 0)
		got += (size_t)n;
	assert_int_equal(got, 5000);
	tunnel_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_half_closed),
		cmocka_unit_test(test_answer_to_one_that_still_sends),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
