/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-runtime spec: a config.json to begin with. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "oci/runtime-spec.h"
#include "runtime/command.h"
#include "sys/fd.h"

struct spec_options {
	char *bundle;
	bool rootless;
};

static const struct arg_option spec_rows[] = {
	ARG_STR(struct spec_options, bundle, "bundle", 'b', "dir",
		"where to write it (default: here)"),
	ARG_BOOL(struct spec_options, rootless, "rootless", 0, "for a user who is not root"),
};

static const struct arg_spec spec_spec = {
	.command = "spec",
	.usage = "[OPTIONS]",
	.summary = "Write a new config.json",
	ARG_OPTIONS(spec_rows),
};

#define CAPS "[\"CAP_AUDIT_WRITE\",\"CAP_KILL\",\"CAP_NET_BIND_SERVICE\"]"

static const char spec_head[] =
	"{\"ociVersion\":\"" OCI_RUNTIME_VERSION
	"\",\"process\":{\"terminal\":true,\"user\":{\"uid\":0,\"gid\":0},"
	"\"args\":[\"sh\"],\"env\":[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/"
	"sbin:/bin\","
	"\"TERM=xterm\"],\"cwd\":\"/\",\"capabilities\":{\"bounding\":" CAPS ",\"effective\":" CAPS
	",\"permitted\":" CAPS
	"},\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}],"
	"\"noNewPrivileges\":true},\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"hostname\":"
	"\"hoy\","
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
	"{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\","
	"\"strictatime\",\"mode=755\",\"size=65536k\"]},"
	"{\"destination\":\"/dev/"
	"pts\",\"type\":\"devpts\",\"source\":\"devpts\",\"options\":[\"nosuid\","
	"\"noexec\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\"";

static const char spec_mounts[] =
	"]},{\"destination\":\"/dev/"
	"shm\",\"type\":\"tmpfs\",\"source\":\"shm\",\"options\":[\"nosuid\","
	"\"noexec\",\"nodev\",\"mode=1777\",\"size=65536k\"]},"
	"{\"destination\":\"/dev/"
	"mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\",\"options\":[\"nosuid\","
	"\"noexec\",\"nodev\"]},";

static const char spec_sys[] =
	"{\"destination\":\"/"
	"sys\",\"type\":\"sysfs\",\"source\":\"sysfs\",\"options\":[\"nosuid\",\"noexec\","
	"\"nodev\",\"ro\"]},{\"destination\":\"/sys/fs/"
	"cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"relatime\",\"ro\"]}],\"linux\":{"
	"\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]},"
	"\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"}";

static const char spec_sys_rootless[] = "{\"destination\":\"/sys\",\"type\":\"none\",\"source\":\"/"
					"sys\",\"options\":[\"rbind\",\"nosuid\","
					"\"noexec\",\"nodev\",\"ro\"]}],\"linux\":{";

static const char spec_tail[] =
	",{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"cgroup\"}],"
	"\"maskedPaths\":[\"/proc/acpi\",\"/proc/asound\",\"/proc/kcore\",\"/proc/keys\",\"/proc/"
	"latency_stats\","
	"\"/proc/timer_list\",\"/proc/timer_stats\",\"/proc/sched_debug\",\"/sys/firmware\",\"/"
	"proc/scsi\"],"
	"\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/"
	"sysrq-trigger\"]}}";

static void build(bool rootless, struct strbuf *out)
{
	strbuf_adds(out, spec_head);
	strbuf_adds(out, rootless ? "" : ",\"gid=5\"");
	strbuf_adds(out, spec_mounts);
	if (rootless) {
		strbuf_adds(out, spec_sys_rootless);
		strbuf_addf(out,
			    "\"uidMappings\":[{\"containerID\":0,\"hostID\":%u,\"size\":1}],"
			    "\"gidMappings\":[{\"containerID\":0,\"hostID\":%u,\"size\":1}],"
			    "\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"user\"}",
			    (unsigned int)geteuid(), (unsigned int)getegid());
	} else {
		strbuf_adds(out, spec_sys);
	}
	strbuf_adds(out, spec_tail);
}

static int write_spec(const char *bundle, bool rootless, struct error *err)
{
	cleanup_free char *path = xasprintf("%s/config.json", bundle ? bundle : ".");
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	struct strbuf compact = STRBUF_INIT, text = STRBUF_INIT;
	int r;

	if (fd < 0 && errno == EEXIST)
		return error_set(err, ERR_CONFLICT, EEXIST,
				 "File config.json exists. Remove it first");
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make '%s'", path);
	build(rootless, &compact);
	r = json_pretty(compact.data, compact.len, 1, &text, err);
	strbuf_addc(&text, '\n');
	if (!r) {
		r = fd_write_all(fd, text.data, text.len);
		if (r < 0)
			r = error_set(err, ERR_SYSTEM, -r, "write '%s'", path);
	}
	strbuf_release(&compact);
	strbuf_release(&text);
	return r;
}

static int run_spec(const struct globals *g, int argc, char **argv, int *ret_status,
		    struct error *err)
{
	struct spec_options o = { 0 };
	cleanup_free char **words = NULL;
	int r = command_parse(&spec_spec, argc, argv, &o, &words, err);

	(void)g;
	*ret_status = 0;
	if (!r)
		r = write_spec(o.bundle, o.rootless, err);
	args_release(&spec_spec, &o);
	return r;
}

const struct command cmd_spec = { .spec = &spec_spec, .run = run_spec };
