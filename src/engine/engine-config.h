/* SPDX-License-Identifier: Apache-2.0 */
/* How an engine is set up: daemon.json's keys and hoyd's options, as daemon/config.h reads them. */
#pragma once

#include "base/strmap.h"
#include "image/image.h"

struct engine_config {
	char *data_root;      /* /var/lib/hoy   */
	char *run_root;	      /* /run/hoy       */
	char *storage_driver; /* "" : layer_driver_choose */
	char *socket;	      /* /run/hoy.sock; NULL for a private engine */
	char *libexec_dir;    /* hoy-monitor, hoy-runtime, hoy-init, hoy-fetch, hoy-unpack */
	char *bridge, *bip;
	char **dns, **insecure_registries, **labels, **mirrors, **search;
	char *http_proxy, *https_proxy, *no_proxy; /* NULL: the environment's */
	char *log_driver;			   /* default json-file */
	struct strmap log_opts;
	bool log_json;		/* how hoyd writes its own log */
	char *cgroup_parent;	/* "" : /hoy */
	char *userns_remap;	/* "default", user, user:group; "" none, see engine/userns.h */
	char *default_registry; /* "HOST[:PORT][/PREFIX]"; "" : docker.io */
	char *default_runtime;	/* "hoy" */
	struct strmap runtimes; /* name -> path */
	unsigned int max_downloads, max_uploads;
	struct image_cleanup cleanup;
	bool keep_compressed; /* image_context */
};
