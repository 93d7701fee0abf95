/* SPDX-License-Identifier: Apache-2.0 */
/* Which driver a store has, and which a new one gets. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "layer/driver.h"
#include "layer/index.h"
#include "sys/file.h"
#include "wire/monitor.h"

enum { NAME_MAX_LEN = 64 };

static const char driver_file[] = "layer-driver";

/* NULL: the store does not say. */
static const struct layer_driver *recorded(struct store *store)
{
	cleanup_free char *text = NULL;

	if (file_read_at(store->data_fd, driver_file, NAME_MAX_LEN, &text, NULL) < 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return layer_driver_find(text);
}

const struct layer_driver *layer_driver_of(struct store *store)
{
	const struct layer_driver *driver = recorded(store);

	return driver ? driver : &layer_driver_overlay;
}

static int record(struct store *store, const struct layer_driver *driver, struct error *err)
{
	cleanup_free char *text = xasprintf("%s\n", driver->name);
	int r = file_replace_at(store->data_fd, driver_file, text, strlen(text), 0600);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write %s/%s", store->data_root, driver_file)
		     : 0;
}

/* An archive of no file. */
static int empty_tar(void *arg, const uint8_t **ret_data, size_t *ret_len, struct error *err)
{
	*ret_len = 0;
	return 0;
}

static int tiny_layer(int dirfd, struct error *err)
{
	static const uint8_t uuid[16] = "hoy";
	cleanup(index_release) struct index *index = index_new(dirfd);
	cleanup(unpack_result_release) struct unpack_result result = { 0 };
	cleanup_fd int fd = -1;
	struct tar_reader reader;
	int r;

	tar_reader_init(&reader, empty_tar, NULL);
	r = layer_driver_erofs.begin(dirfd);
	fd = openat(dirfd, LOWER_INDEX, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (r < 0 || fd < 0)
		return error_set(err, ERR_SYSTEM, r < 0 ? -r : errno, "create a layer");
	r = index_read(index, &reader, &result, err);
	return r < 0 ? r : index_write(index, fd, -1, 0, uuid, err);
}

/* FALLBACK(EROFS mounted from files, 6.12): the driver is overlay. The test is the thing itself: a
 * root of a tiny layer and a directory, on this very file system, which may be one that cannot
 * (tmpfs) or lie too deep already (an overlay). */
static bool erofs_works(struct store *store)
{
	struct layer_temp temp = LAYER_TEMP_INIT;
	cleanup_free char *index = NULL, *dir = NULL;
	cleanup_fd int dirfd = -1, root_fd = -1;
	int r = layer_temp_new(store, &temp, NULL);

	if (r < 0)
		return false;
	index = xasprintf("%s/tmp/%s/layer/" LOWER_INDEX, store->data_root, temp.name);
	dir = xasprintf("%s/tmp/%s/mount", store->data_root, temp.name);
	if (mkdirat(temp.dirfd, "layer", 0700) == 0 && mkdirat(temp.dirfd, "mount", 0700) == 0)
		dirfd = openat(temp.dirfd, "layer", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = dirfd < 0 ? -1 : tiny_layer(dirfd, NULL);
	if (r >= 0)
		r = layer_stack_mount((char *[]){ index, NULL }, dir, temp.dirfd, &root_fd, NULL);
	layer_temp_release(store, &temp);
	return r >= 0;
}

static bool has_layers(struct store *store)
{
	struct stat st;

	/* a directory without directories has two links, or says that it cannot tell by one */
	return fstatat(store->data_fd, "layers", &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink != 2;
}

int layer_driver_set(struct store *store, const struct layer_driver *driver, struct error *err)
{
	if (driver == &layer_driver_erofs && !erofs_works(store))
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "storage-driver erofs: needs Linux 6.12, and a file system that "
				 "it can mount from; %s cannot",
				 store->data_root);
	return record(store, driver, err);
}

int layer_driver_choose(struct store *store, const char *wanted, struct error *err)
{
	const struct layer_driver *driver = recorded(store), *other = NULL;

	if (wanted && *wanted) {
		other = layer_driver_find(wanted);
		if (!other)
			return error_set(err, ERR_INVALID, EINVAL,
					 "storage-driver \"%s\": there are erofs and overlay",
					 wanted);
	}
	if (driver && (!other || other == driver))
		return 0;
	if (has_layers(store)) /* of before there was a choice: overlay */
		return driver ? 0 : record(store, &layer_driver_overlay, err);
	if (other)
		return layer_driver_set(store, other, err);
	other = erofs_works(store) ? &layer_driver_erofs : &layer_driver_overlay;
	return record(store, other, err);
}
