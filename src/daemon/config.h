/* SPDX-License-Identifier: Apache-2.0 */
/* What hoyd was told: its options, over daemon.json, over the defaults. */
#pragma once

#include "base/log.h"
#include "engine/engine.h"

#define DAEMON_CONFIG_FILE "/etc/hoy/daemon.json"
#define DAEMON_SOCKET "unix:///run/hoy.sock"

struct daemon_config {
	struct engine_config engine;
	char **hosts;  /* -H, "unix:///run/hoy.sock" … */
	char *group;   /* owner of the sockets; NULL: "hoy" when it exists */
	char *pidfile; /* NULL none */
	/* of tcp:// hosts: PEM files; plain: --tls=false was said */
	char *tls_ca, *tls_cert, *tls_key;
	bool tls_verify, tcp_plain;
	char *metrics_addr; /* NULL none */
	enum log_level log_level;
	bool private_engine; /* of one command: see listen_fd and life_fd */
	int listen_fd;	     /* a socket that listens already; -1 none */
	int life_fd;	     /* end of file here ends us; -1 none */
	bool reset;	     /* remove what the engine made, keep images, exit */
	char *probe_id;	     /* check this container's health once and exit; NULL none */
	char *thaw_id;	     /* unpause this container when fd 0 ends, and exit; NULL none */
	char *resolver_id;   /* start another hoy-dns for this container and exit; NULL none */
	char *reap_id;	     /* fold this container's record and exit; NULL none */
};

enum { DAEMON_RUN = 0, DAEMON_SHOWN = 1 };

/* DAEMON_SHOWN: --help or --version was answered on stdout. */
must_check int daemon_config_load(int argc, char **argv, struct daemon_config *ret,
				  struct error *err);
/* The same again into @config, for SIGHUP: what can only be read at the start stays as it is, and a
 * warning tells when it would be another. After an error all of it stays. */
must_check int daemon_config_reload(int argc, char **argv, struct daemon_config *config,
				    struct error *err);
void daemon_config_release(struct daemon_config *config);
