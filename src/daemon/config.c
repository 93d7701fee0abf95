/* SPDX-License-Identifier: Apache-2.0 */
/* Options, file and defaults, merged into what the engine and the listener use. */
#include "daemon/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/strv.h"
#include "daemon/config-file.h"
#include "daemon/options.h"
#include "http/url.h"
#include "image/pull-endpoint.h"
#include "wire/log-config.h"

/* The first that is set, copied. */
static char *pick(const char *option, const char *file, const char *def)
{
	if (option && *option)
		return xstrdup(option);
	return xstrdup(file && *file ? file : def);
}

static char **pick_list(char **option, char **file)
{
	return strv_copy(option ? option : file);
}

/* Programs beside hoyd (as built), else where they are installed. */
static char *find_libexec(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	cleanup_free char *dir = NULL, *monitor = NULL;
	char *slash;

	if (n < 0)
		return xstrdup(HOY_LIBEXECDIR);
	self[n] = '\0';
	slash = strrchr(self, '/');
	dir = xstrndup(self, (size_t)(slash - self));
	monitor = xasprintf("%s/hoy-monitor", dir);
	return access(monitor, X_OK) == 0 ? take_ptr(dir) : xstrdup(HOY_LIBEXECDIR);
}

static int add_pairs(struct strmap *map, char *const *pairs, const char *option, struct error *err)
{
	for (; pairs && *pairs; pairs++) {
		const char *equals = strchr(*pairs, '=');
		cleanup_free char *key = NULL;

		if (!equals || equals == *pairs)
			return error_set(err, ERR_INVALID, EINVAL,
					 "invalid argument \"%s\" for \"--%s\": want name=value",
					 *pairs, option);
		key = xstrndup(*pairs, (size_t)(equals - *pairs));
		strmap_set(map, key, equals + 1);
	}
	return 0;
}

static int merge_runtimes(const struct daemon_options *opt, const struct config_file *file,
			  struct engine_config *engine, struct error *err)
{
	for (size_t i = 0; i < file->n_runtimes; i++) {
		const struct config_runtime *runtime = &file->runtimes[i];

		if (runtime->runtime_args && runtime->runtime_args[0])
			return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS,
					 "runtimeArgs of runtime '%s' are not supported",
					 runtime->key);
		if (!runtime->path || !*runtime->path)
			return error_set(err, ERR_INVALID, EINVAL, "runtime '%s' has no path",
					 runtime->key);
		strmap_set(&engine->runtimes, runtime->key, runtime->path);
	}
	return add_pairs(&engine->runtimes, opt->runtimes, "add-runtime", err);
}

static int merge_log_format(const struct daemon_options *opt, const struct config_file *file,
			    bool *ret, struct error *err)
{
	cleanup_free char *name = pick(opt->log_format, file->log_format, "text");

	*ret = strcmp(name, "json") == 0;
	if (!*ret && strcmp(name, "text") != 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid log format: %s", name);
	return 0;
}

static int merge_log_level(const struct daemon_options *opt, const struct config_file *file,
			   enum log_level *ret, struct error *err)
{
	cleanup_free char *name =
		pick(opt->log_level, file->log_level, opt->debug || file->debug ? "debug" : "info");

	if (strcmp(name, "debug") == 0)
		*ret = LOG_DEBUG;
	else if (strcmp(name, "info") == 0)
		*ret = LOG_INFO;
	else if (strcmp(name, "warn") == 0)
		*ret = LOG_WARNING;
	else if (strcmp(name, "error") == 0 || strcmp(name, "fatal") == 0)
		*ret = LOG_ERROR;
	else
		return error_set(err, ERR_INVALID, EINVAL, "invalid logging level: %s", name);
	return 0;
}

/* A name without a registry is one thing, or it is looked for; not both. */
static int merge_default_registry(const struct config_file *file, struct engine_config *engine,
				  struct error *err)
{
	const char *registry = file->default_registry;

	if (!registry || !*registry || strcmp(registry, "docker.io") == 0)
		return 0;
	if (engine->search && engine->search[0])
		return error_set(err, ERR_INVALID, EINVAL,
				 "default-registry and search-registries exclude each other");
	engine->default_registry = xstrdup(registry);
	return pull_endpoint_check_search(registry, err);
}

static int merge_registries(const struct daemon_options *opt, const struct config_file *file,
			    struct engine_config *engine, struct error *err)
{
	static const struct config_proxies none;
	const struct config_proxies *proxies = file->proxies ? file->proxies : &none;
	int r = 0;

	engine->http_proxy = pick(opt->http_proxy, proxies->http_proxy, NULL);
	engine->https_proxy = pick(opt->https_proxy, proxies->https_proxy, NULL);
	engine->no_proxy = pick(opt->no_proxy, proxies->no_proxy, NULL);
	for (size_t i = 0; r >= 0 && engine->mirrors && engine->mirrors[i]; i++)
		r = pull_endpoint_check_mirror(engine->mirrors[i], err);
	for (size_t i = 0; r >= 0 && engine->search && engine->search[i]; i++)
		r = pull_endpoint_check_search(engine->search[i], err);
	return r < 0 ? r : merge_default_registry(file, engine, err);
}

static bool is_percent(const struct opt_i64 *n)
{
	return !n->set || (n->value >= 1 && n->value <= 99);
}

static int merge_cleanup(const struct config_cleanup *file, struct image_cleanup *ret,
			 struct error *err)
{
	if (!file)
		return 0;
	if (file->max_age &&
	    (parse_duration(file->max_age, &ret->max_age) < 0 || ret->max_age <= 0))
		return error_set(err, ERR_INVALID, EINVAL,
				 "image-cleanup: max-age \"%s\" is not a duration like \"720h\"",
				 file->max_age);
	if (!is_percent(&file->high_water) || !is_percent(&file->low_water) ||
	    file->high_water.set != file->low_water.set ||
	    file->low_water.value > file->high_water.value)
		return error_set(err, ERR_INVALID, EINVAL,
				 "image-cleanup: high-water and low-water go together, percents "
				 "from 1 to 99, the high one not below the low one");
	ret->high_water = (unsigned int)file->high_water.value;
	ret->low_water = (unsigned int)file->low_water.value;
	return 0;
}

static int merge_engine(const struct daemon_options *opt, const struct config_file *file,
			struct engine_config *engine, struct error *err)
{
	struct opt_i64 downloads = opt->max_downloads.set ? opt->max_downloads
							  : file->max_concurrent_downloads;
	struct opt_i64 uploads = opt->max_uploads.set ? opt->max_uploads
						      : file->max_concurrent_uploads;
	int r;

	if (downloads.set && (downloads.value < 1 || downloads.value > 64))
		return error_set(err, ERR_INVALID, EINVAL,
				 "max-concurrent-downloads must be 1 to 64");
	if (uploads.set && (uploads.value < 1 || uploads.value > 64))
		return error_set(err, ERR_INVALID, EINVAL,
				 "max-concurrent-uploads must be 1 to 64");
	*engine = (struct engine_config){
		.data_root = pick(opt->data_root, file->data_root, "/var/lib/hoy"),
		.run_root = pick(opt->exec_root, file->exec_root, "/run/hoy"),
		.storage_driver = pick(opt->storage_driver, file->storage_driver, ""),
		.libexec_dir = find_libexec(),
		.bridge = pick(opt->bridge, file->bridge, "hoy0"),
		.bip = pick(opt->bip, file->bip, "172.30.0.1/16"),
		.dns = pick_list(opt->dns, file->dns),
		.insecure_registries =
			pick_list(opt->insecure_registries, file->insecure_registries),
		.mirrors = pick_list(opt->mirrors, file->mirrors),
		.search = pick_list(NULL, file->search),
		.keep_compressed = file->keep_compressed,
		.labels = pick_list(opt->labels, file->labels),
		.log_driver = pick(opt->log_driver, file->log_driver, "json-file"),
		.cgroup_parent = pick(opt->cgroup_parent, file->cgroup_parent, ""),
		.default_runtime = pick(opt->default_runtime, file->default_runtime, "hoy"),
		.userns_remap = pick(opt->userns_remap, file->userns_remap, ""),
		.max_downloads = downloads.set ? (unsigned int)downloads.value : 6,
		.max_uploads = uploads.set ? (unsigned int)uploads.value : 5,
	};
	if (engine->data_root[0] != '/' || engine->run_root[0] != '/')
		return error_set(err, ERR_INVALID, EINVAL,
				 "data-root and exec-root must be absolute paths");
	r = merge_registries(opt, file, engine, err);
	if (r >= 0)
		r = merge_cleanup(file->image_cleanup, &engine->cleanup, err);
	if (r < 0)
		return r;
	strmap_copy(&engine->log_opts, &file->log_opts);
	r = add_pairs(&engine->log_opts, opt->log_opts, "log-opt", err);
	if (r >= 0)
		r = log_options_check(engine->log_driver, &engine->log_opts, err);
	return r < 0 ? r : merge_runtimes(opt, file, engine, err);
}

/* The path that `info` and containers' labels name; hosts are checked where they are opened. */
static char *first_unix_path(char *const *hosts)
{
	for (; hosts && *hosts; hosts++) {
		cleanup(host_url_release) struct host_url url = { 0 };

		if (host_url_parse(*hosts, &url) == 0 && url.scheme == HOST_UNIX)
			return take_ptr(url.path);
	}
	return NULL;
}

/* Beside the client's, as Docker has them. */
static char *tls_default(const char *name)
{
	const char *dir = getenv("DOCKER_CERT_PATH"), *home = getenv("HOME");

	return dir && *dir ? xasprintf("%s/%s", dir, name)
			   : xasprintf("%s/.docker/%s", home && *home ? home : "/root", name);
}

static void merge_tls(const struct daemon_options *opt, const struct config_file *file,
		      struct daemon_config *config)
{
	cleanup_free char *ca = tls_default("ca.pem"), *cert = tls_default("cert.pem");
	cleanup_free char *key = tls_default("key.pem");
	struct opt_bool tls = opt->tls.set ? opt->tls : file->tls;

	config->tls_verify = opt->tls_verify || file->tls_verify;
	config->tcp_plain = !config->tls_verify && tls.set && !tls.value;
	config->tls_ca = pick(opt->tls_ca, file->tls_ca, ca);
	config->tls_cert = pick(opt->tls_cert, file->tls_cert, cert);
	config->tls_key = pick(opt->tls_key, file->tls_key, key);
}

static int merge(const struct daemon_options *opt, const struct config_file *file,
		 struct daemon_config *config, struct error *err)
{
	int r = merge_engine(opt, file, &config->engine, err);

	if (r < 0)
		return r;
	config->hosts = pick_list(opt->hosts, file->hosts);
	if (!config->hosts)
		strv_push(&config->hosts, DAEMON_SOCKET);
	merge_tls(opt, file, config);
	config->group = pick(opt->group, file->group, NULL);
	config->pidfile = pick(opt->pidfile, file->pidfile, NULL);
	config->metrics_addr = pick(opt->metrics_addr, file->metrics_addr, NULL);
	config->private_engine = opt->private_engine;
	config->listen_fd = opt->listen_fd.set ? (int)opt->listen_fd.value : -1;
	config->life_fd = opt->life_fd.set ? (int)opt->life_fd.value : -1;
	config->reap_id = xstrdup(opt->reap);
	config->probe_id = xstrdup(opt->probe);
	config->thaw_id = xstrdup(opt->thaw);
	config->resolver_id = xstrdup(opt->resolver);
	config->reset = opt->reset;
	if (config->private_engine != (config->listen_fd >= 0) ||
	    config->private_engine != (config->life_fd >= 0))
		return error_set(err, ERR_INVALID, EINVAL,
				 "--private goes with --listen-fd and --life-fd");
	if (!config->private_engine)
		config->engine.socket = first_unix_path(config->hosts);
	r = merge_log_format(opt, file, &config->engine.log_json, err);
	return r < 0 ? r : merge_log_level(opt, file, &config->log_level, err);
}

static int load(const struct daemon_options *opt, struct daemon_config *ret, struct error *err)
{
	cleanup(config_file_release) struct config_file file = { 0 };
	cleanup(daemon_config_release) struct daemon_config config = { .listen_fd = -1,
								       .life_fd = -1 };
	const char *path = opt->config_file ? opt->config_file : DAEMON_CONFIG_FILE;
	int r = 0;

	/* who calls --reap, --probe, --resolver and --thaw tells all that they need: of the engine
	 * that it belongs to, not of the default one */
	if ((!opt->reap && !opt->probe && !opt->resolver && !opt->thaw) || opt->config_file)
		r = config_file_read(path, opt->config_file, &file, err);
	if (r < 0)
		return r;
	r = merge(opt, &file, &config, err);
	if (r < 0)
		return r;
	*ret = config;
	config = (struct daemon_config){ 0 };
	return DAEMON_RUN;
}

int daemon_config_load(int argc, char **argv, struct daemon_config *ret, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup_free char **rest = NULL;
	struct daemon_options opt = { 0 };
	int r = args_parse(&daemon_option_spec, argc, argv, &opt, &rest, err);

	if (r == ARGS_HELP)
		args_help(&daemon_option_spec, 80, &text);
	else if (r == 0 && opt.version)
		strbuf_adds(&text, "hoy version " HOY_VERSION "\n");
	if (text.len > 0) {
		(void)fputs(text.data, stdout);
		r = DAEMON_SHOWN;
	} else if (r == 0 && rest[0]) {
		r = error_set(err, ERR_INVALID, EINVAL, "hoyd takes no argument '%s'", rest[0]);
	} else if (r == 0) {
		r = load(&opt, ret, err);
	}
	if (r == DAEMON_RUN && opt.validate) {
		daemon_config_release(ret);
		(void)puts("configuration OK");
		r = DAEMON_SHOWN;
	}
	args_release(&daemon_option_spec, &opt);
	return r;
}

/* Another value of what is only read at the start is told, and the old one kept. */
static void keep_str(const char *key, char **old, char **fresh)
{
	char *value = *fresh;

	if (strcmp(*old ? *old : "", value ? value : "") != 0)
		log_warning("configuration: '%s' changes with a restart only", key);
	*fresh = *old;
	*old = value;
}

int daemon_config_reload(int argc, char **argv, struct daemon_config *config, struct error *err)
{
	cleanup(daemon_config_release) struct daemon_config fresh = { .listen_fd = -1,
								      .life_fd = -1 };
	struct engine_config *old = &config->engine, *new = &fresh.engine;
	struct daemon_config swapped;
	int r = daemon_config_load(argc, argv, &fresh, err);

	if (r < 0)
		return r;
	keep_str("data-root", &old->data_root, &new->data_root);
	keep_str("exec-root", &old->run_root, &new->run_root);
	keep_str("bridge", &old->bridge, &new->bridge);
	keep_str("bip", &old->bip, &new->bip);
	keep_str("cgroup-parent", &old->cgroup_parent, &new->cgroup_parent);
	keep_str("userns-remap", &old->userns_remap, &new->userns_remap);
	keep_str("storage-driver", &old->storage_driver, &new->storage_driver);
	keep_str("hosts", &old->socket, &new->socket);
	keep_str("group", &config->group, &fresh.group);
	keep_str("pidfile", &config->pidfile, &fresh.pidfile);
	keep_str("metrics-addr", &config->metrics_addr, &fresh.metrics_addr);
	fresh.tls_verify = config->tls_verify; /* of sockets that listen already */
	fresh.tcp_plain = config->tcp_plain;
	swapped = *config;
	*config = fresh;
	fresh = swapped;
	return 0;
}

static void engine_config_release(struct engine_config *engine)
{
	free(engine->data_root);
	free(engine->run_root);
	free(engine->storage_driver);
	free(engine->socket);
	free(engine->libexec_dir);
	free(engine->bridge);
	free(engine->bip);
	free(engine->log_driver);
	free(engine->cgroup_parent);
	free(engine->default_runtime);
	free(engine->userns_remap);
	strv_free(engine->dns);
	strv_free(engine->insecure_registries);
	strv_free(engine->labels);
	strv_free(engine->mirrors);
	strv_free(engine->search);
	free(engine->default_registry);
	free(engine->http_proxy);
	free(engine->https_proxy);
	free(engine->no_proxy);
	strmap_release(&engine->log_opts);
	strmap_release(&engine->runtimes);
	*engine = (struct engine_config){ 0 };
}

void daemon_config_release(struct daemon_config *config)
{
	engine_config_release(&config->engine);
	strv_release(&config->hosts);
	free(config->group);
	free(config->pidfile);
	free(config->metrics_addr);
	free(config->tls_ca);
	free(config->tls_cert);
	free(config->tls_key);
	free(config->reap_id);
	free(config->probe_id);
	free(config->thaw_id);
	free(config->resolver_id);
	*config = (struct daemon_config){ .listen_fd = -1, .life_fd = -1 };
}
