/* SPDX-License-Identifier: Apache-2.0 */
/* certs.d */
#include "registry/certificates.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "sys/file.h"

enum { CERTIFICATE_MAX = 1024 * 1024 };

static const char *const cert_dirs[] = { "/etc/hoy/certs.d", "/etc/docker/certs.d" };

void registry_certificates_release(struct registry_certificates *certificates)
{
	strbuf_release(&certificates->ca);
	strbuf_release(&certificates->cert);
	if (certificates->key.data)
		explicit_bzero(certificates->key.data, certificates->key.len);
	strbuf_release(&certificates->key);
}

/* What stands before the suffix; owned, NULL when the name has another. */
static char *stem(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	if (len <= n || strcmp(name + len - n, suffix) != 0)
		return NULL;
	return xstrndup(name, len - n);
}

/* A link is followed: certificates are often kept elsewhere. */
static int add_file(const char *dir, const char *name, struct strbuf *out, struct error *err)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, name), *real = realpath(path, NULL);
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	if (!real)
		return error_set(err, ERR_SYSTEM, errno, "read '%s'", path);
	r = file_read_at(AT_FDCWD, real, CERTIFICATE_MAX, &text, &len);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read '%s'", path);
	strbuf_add(out, text, len);
	strbuf_addc(out, '\n');
	explicit_bzero(text, len);
	return 0;
}

static bool has(struct dirent *const *names, int n, const char *stem, const char *suffix)
{
	cleanup_free char *want = xasprintf("%s%s", stem, suffix);

	for (int i = 0; i < n; i++) {
		if (strcmp(names[i]->d_name, want) == 0)
			return true;
	}
	return false;
}

static int add_pair(const char *dir, const char *stem, struct registry_certificates *ret,
		    struct error *err)
{
	cleanup_free char *cert = xasprintf("%s.cert", stem), *key = xasprintf("%s.key", stem);
	int r;

	if (ret->cert.len > 0)
		return error_set(err, ERR_INVALID, 0,
				 "%s has more than one client certificate: keep one of them", dir);
	r = add_file(dir, cert, &ret->cert, err);
	return r < 0 ? r : add_file(dir, key, &ret->key, err);
}

static int add_name(const char *dir, struct dirent *const *names, int n, const char *name,
		    struct registry_certificates *ret, struct error *err)
{
	cleanup_free char *ca = stem(name, ".crt"), *cert = stem(name, ".cert");
	cleanup_free char *key = stem(name, ".key");

	if (ca)
		return add_file(dir, name, &ret->ca, err);
	if (cert && !has(names, n, cert, ".key"))
		return error_set(err, ERR_INVALID, 0,
				 "missing key %s.key for client certificate %s in %s. CA "
				 "certificates must use the extension .crt",
				 cert, name, dir);
	if (cert)
		return add_pair(dir, cert, ret, err);
	if (key && !has(names, n, key, ".cert"))
		return error_set(err, ERR_INVALID, 0,
				 "missing client certificate %s.cert for key %s in %s", key, name,
				 dir);
	return 0;
}

/* 1 the directory is there, 0 not. */
static int read_dir(const char *dir, struct registry_certificates *ret, struct error *err)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, NULL, alphasort), r = 0;

	if (n < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read '%s'", dir);
	for (int i = 0; r >= 0 && i < n; i++)
		r = add_name(dir, names, n, names[i]->d_name, ret, err);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return r < 0 ? r : 1;
}

int registry_certificates_read(const char *host, struct registry_certificates *ret,
			       struct error *err)
{
	cleanup(registry_certificates_release) struct registry_certificates found =
		REGISTRY_CERTIFICATES_INIT;
	int r = 0;

	if (!*host || strchr(host, '/') || *host == '.')
		return error_set(err, ERR_INVALID, EINVAL, "invalid registry host \"%.256s\"",
				 host);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(cert_dirs); i++) {
		cleanup_free char *dir = xasprintf("%s/%s", cert_dirs[i], host);

		r = read_dir(dir, &found, err);
	}
	if (r < 0)
		return r;
	*ret = found;
	found = (struct registry_certificates)REGISTRY_CERTIFICATES_INIT;
	return 0;
}
