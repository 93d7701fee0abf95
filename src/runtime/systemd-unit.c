/* SPDX-License-Identifier: Apache-2.0 */
/* A container's transient scope: its name and place, starting, changing and stopping it over D-Bus.
 * (org.freedesktop.systemd1(5)) */
#include "runtime/systemd-unit.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/dbus.h"

static const char manager_interface[] = "org.freedesktop.systemd1.Manager";

/* Each "-" is a level: the slice of that name up to there. */
int systemd_slice_path(const char *slice, char **ret, struct error *err)
{
	static const char suffix[] = ".slice";
	size_t len = strlen(slice);
	struct strbuf path = STRBUF_INIT;

	if (len <= sizeof(suffix) - 1 || strchr(slice, '/') ||
	    strcmp(slice + len - (sizeof(suffix) - 1), suffix) != 0)
		return error_set(err, ERR_INVALID, 0, "invalid slice name '%s'", slice);
	len -= sizeof(suffix) - 1;
	if (len == 1 && *slice == '-') {
		*ret = xstrdup("");
		return 0;
	}
	for (size_t i = 0; i <= len; i++) {
		if (i < len && slice[i] != '-')
			continue;
		if (i == 0 || slice[i - 1] == '-') {
			strbuf_release(&path);
			return error_set(err, ERR_INVALID, 0, "invalid slice name '%s'", slice);
		}
		if (i == len || slice[i] == '-')
			strbuf_addf(&path, "/%.*s%s", (int)i, slice, suffix);
	}
	*ret = strbuf_take(&path);
	return 0;
}

static int connect_user(struct dbus *ret)
{
	const char *run = getenv("XDG_RUNTIME_DIR"), *bus = getenv("DBUS_SESSION_BUS_ADDRESS");
	cleanup_free char *direct = run ? xasprintf("unix:path=%s/systemd/private", run) : NULL;
	cleanup_free char *own = run ? xasprintf("unix:path=%s/bus", run) : NULL;
	int r = direct ? dbus_connect(direct, true, ret) : -ENOENT;

	if (r < 0 && bus && *bus)
		r = dbus_connect(bus, false, ret);
	return r < 0 && own ? dbus_connect(own, false, ret) : r;
}

/* systemd's own socket first: it works without a bus, and is one process less on the way. */
static int unit_connect(const struct container *c, struct dbus *ret, struct error *err)
{
	int r;

	if (c->rootless) {
		r = connect_user(ret);
	} else {
		r = dbus_connect("unix:path=/run/systemd/private", true, ret);
		if (r < 0)
			r = dbus_connect("unix:path=/run/dbus/system_bus_socket", false, ret);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "reach %s, which --systemd-cgroup needs",
				 c->rootless ? "the user's systemd (XDG_RUNTIME_DIR)" : "systemd");
	return 0;
}

static int call(struct dbus *d, const char *path, const char *interface, const char *member,
		const char *signature, const struct strbuf *body, struct dbus_message *ret)
{
	const struct dbus_header header = {
		.destination = "org.freedesktop.systemd1",
		.path = path,
		.interface = interface,
		.member = member,
		.signature = signature,
	};

	return dbus_call(d, &header, body, ret);
}

static int call_manager(struct dbus *d, const char *member, const char *signature,
			const struct strbuf *body, struct dbus_message *ret)
{
	return call(d, "/org/freedesktop/systemd1", manager_interface, member, signature, body,
		    ret);
}

static bool is_error(const struct dbus_message *m, const char *name)
{
	return m->header.type == DBUS_ERROR && m->header.error && !strcmp(m->header.error, name);
}

/* An answer that is an error comes with a sentence. */
static int check_answer(const struct dbus_message *m, const char *what, const char *unit,
			struct error *err)
{
	struct dbus_reader body = m->body;
	const char *text = "no reason given";

	if (m->header.type == DBUS_RETURN)
		return 0;
	if (dbus_get_string(&body, &text) < 0 && m->header.error)
		text = m->header.error;
	return error_set(err, ERR_SYSTEM, 0, "systemd did not %s unit %s: %s", what, unit, text);
}

/* On a bus, signals come to those who asked; on systemd's own socket to everybody. */
static int subscribe(struct dbus *d)
{
	static const struct dbus_header add_match = {
		.destination = "org.freedesktop.DBus",
		.path = "/org/freedesktop/DBus",
		.interface = "org.freedesktop.DBus",
		.member = "AddMatch",
		.signature = "s",
	};
	cleanup(dbus_message_release) struct dbus_message reply = { 0 }, subscribed = { 0 };
	struct strbuf rule = STRBUF_INIT;
	int r;

	if (d->direct)
		return 0;
	dbus_put_string(&rule, "type='signal',sender='org.freedesktop.systemd1',"
			       "interface='org.freedesktop.systemd1.Manager',member='JobRemoved'");
	r = dbus_call(d, &add_match, &rule, &reply);
	strbuf_release(&rule);
	return r < 0 ? r : call_manager(d, "Subscribe", NULL, NULL, &subscribed);
}

/* JobRemoved(u id, o job, s unit, s result) */
static int wait_job(struct dbus *d, const char *job, const char *what, const char *unit,
		    struct error *err)
{
	for (;;) {
		cleanup(dbus_message_release) struct dbus_message m = { 0 };
		const char *path, *name, *result;
		uint32_t id;
		int r = dbus_wait_signal(d, manager_interface, "JobRemoved", &m);

		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "wait for systemd to %s unit %s",
					 what, unit);
		if (dbus_get_u32(&m.body, &id) < 0 || dbus_get_string(&m.body, &path) < 0 ||
		    dbus_get_string(&m.body, &name) < 0 || dbus_get_string(&m.body, &result) < 0 ||
		    strcmp(path, job) != 0)
			continue;
		if (!strcmp(result, "done"))
			return 0;
		return error_set(err, ERR_SYSTEM, 0, "systemd did not %s unit %s: %s", what, unit,
				 result);
	}
}

/* Wait for the job that an answer names. */
static int finish_job(struct dbus *d, struct dbus_message *answer, const char *what,
		      const char *unit, struct error *err)
{
	const char *job;
	int r = check_answer(answer, what, unit, err);

	if (r < 0)
		return r;
	if (dbus_get_string(&answer->body, &job) < 0)
		return error_set(err, ERR_SYSTEM, EPROTO, "systemd's answer for unit %s", unit);
	return wait_job(d, job, what, unit, err);
}

/* The user's manager has a cgroup of its own, which its slices are in. */
static int manager_cgroup(const struct container *c, char **ret, struct error *err)
{
	cleanup(dbus_close) struct dbus d = DBUS_INIT;
	cleanup(dbus_message_release) struct dbus_message answer = { 0 };
	struct strbuf body = STRBUF_INIT;
	const char *signature, *path;
	int r = unit_connect(c, &d, err);

	if (r < 0)
		return r;
	dbus_put_string(&body, manager_interface);
	dbus_put_string(&body, "ControlGroup");
	r = call(&d, "/org/freedesktop/systemd1", "org.freedesktop.DBus.Properties", "Get", "ss",
		 &body, &answer);
	strbuf_release(&body);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "ask systemd for its cgroup");
	if (answer.header.type != DBUS_RETURN || dbus_get_signature(&answer.body, &signature) < 0 ||
	    strcmp(signature, "s") != 0 || dbus_get_string(&answer.body, &path) < 0)
		return error_set(err, ERR_SYSTEM, EPROTO, "ask systemd for its cgroup");
	*ret = xstrdup(strcmp(path, "/") ? path : "");
	return 0;
}

static int set_names(const char *slice, const char *prefix, const char *name, struct container *c,
		     struct error *err)
{
	static const char suffix[] = ".slice";
	cleanup_free char *unit = *prefix ? xasprintf("%s-%s.scope", prefix, name)
					  : xasprintf("%s.scope", name);
	cleanup_free char *slices = NULL, *root = NULL;
	size_t len = strlen(name);
	int r;

	if (!len || strchr(unit, '/'))
		return error_set(err, ERR_INVALID, 0, "invalid unit name '%s'", unit);
	if (len > sizeof(suffix) - 1 && !strcmp(name + len - (sizeof(suffix) - 1), suffix))
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "'%s' is a slice, which holds no processes of its own", name);
	r = systemd_slice_path(slice, &slices, err);
	if (!r && c->rootless)
		r = manager_cgroup(c, &root, err);
	if (r < 0)
		return r;
	c->cgroup_path = xasprintf("%s%s/%s", root ? root : "", slices, unit);
	c->cgroup_unit = take_ptr(unit);
	return 0;
}

int systemd_unit_place(const char *cgroups_path, struct container *c, struct error *err)
{
	const char *path = cgroups_path && *cgroups_path ? cgroups_path : NULL;
	cleanup(strv_release) char **parts = path ? strv_split(path, ':') : NULL;
	const char *slice = c->rootless ? "user.slice" : "system.slice";

	if (access("/run/systemd/system", F_OK) < 0)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "systemd is not running here: --systemd-cgroup cannot be used");
	if (c->rootless && cgroup_mode() == CGROUP_V1)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "--systemd-cgroup without root needs cgroup v2");
	if (!path)
		return set_names(slice, "hoy", c->id, c, err);
	if (strv_len(parts) != 3)
		return error_set(err, ERR_INVALID, 0,
				 "expected cgroupsPath to be of format \"slice:prefix:name\" for "
				 "systemd cgroups, got \"%s\" instead",
				 path);
	return set_names(*parts[0] ? parts[0] : slice, parts[1], parts[2], c, err);
}

static void put_scope(struct strbuf *b, const struct container *c, enum cgroup_mode mode, pid_t pid)
{
	const char *end = strrchr(c->cgroup_path, '/'), *start = end;
	cleanup_free char *slice = NULL, *text = xasprintf("hoy container %s", c->id);

	while (start > c->cgroup_path && start[-1] != '/')
		start--;
	slice = end > start ? xstrndup(start, (size_t)(end - start)) : xstrdup("-.slice");
	systemd_put_string(b, "Description", text);
	systemd_put_string(b, "Slice", slice);
	systemd_put_bool(b, "Delegate", true);
	systemd_put_pid(b, "PIDs", pid);
	systemd_put_bool(b, "DefaultDependencies", false);
	systemd_put_string(b, "CollectMode", "inactive-or-failed");
	/* From the start: some counters begin when their controller does. */
	systemd_put_bool(b, "MemoryAccounting", true);
	systemd_put_bool(b, "CPUAccounting", true);
	systemd_put_bool(b, "TasksAccounting", true);
	systemd_put_bool(b, mode == CGROUP_V2 ? "IOAccounting" : "BlockIOAccounting", true);
}

/* StartTransientUnit(s name, s mode, a(sv) properties, a(sa(sv)) aux) */
static int put_start(struct strbuf *b, const struct container *c, enum cgroup_mode mode, pid_t pid,
		     const struct oci_resources *res, const struct strmap *annotations,
		     struct error *err)
{
	struct dbus_array array;
	int r;

	dbus_put_string(b, c->cgroup_unit);
	dbus_put_string(b, "replace");
	array = dbus_array_begin(b, '(');
	put_scope(b, c, mode, pid);
	r = systemd_put_resources(b, mode, NULL, res, err);
	if (!r)
		r = systemd_put_annotations(b, annotations, err);
	dbus_array_end(b, &array);
	array = dbus_array_begin(b, '(');
	dbus_array_end(b, &array);
	return r;
}

static int reset_failed(struct dbus *d, const char *unit)
{
	cleanup(dbus_message_release) struct dbus_message answer = { 0 };
	struct strbuf body = STRBUF_INIT;
	int r;

	dbus_put_string(&body, unit);
	r = call_manager(d, "ResetFailedUnit", "s", &body, &answer);
	strbuf_release(&body);
	return r;
}

static int start(struct dbus *d, const char *unit, const struct strbuf *body, struct error *err)
{
	cleanup(dbus_message_release) struct dbus_message answer = { 0 };
	int r = subscribe(d);

	if (!r)
		r = call_manager(d, "StartTransientUnit", "ssa(sv)a(sa(sv))", body, &answer);
	if (!r && is_error(&answer, "org.freedesktop.systemd1.UnitExists")) {
		/* One that failed is kept until somebody has looked. */
		dbus_message_release(&answer);
		r = reset_failed(d, unit);
		if (!r)
			r = call_manager(d, "StartTransientUnit", "ssa(sv)a(sa(sv))", body,
					 &answer);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "ask systemd to start unit %s", unit);
	return finish_job(d, &answer, "start", unit, err);
}

int systemd_unit_start(const struct container *c, enum cgroup_mode mode, pid_t pid,
		       const struct oci_resources *res, const struct strmap *annotations,
		       struct error *err)
{
	cleanup(dbus_close) struct dbus d = DBUS_INIT;
	struct strbuf body = STRBUF_INIT;
	int r = put_start(&body, c, mode, pid, res, annotations, err);

	if (!r)
		r = unit_connect(c, &d, err);
	if (!r)
		r = start(&d, c->cgroup_unit, &body, err);
	strbuf_release(&body);
	return r;
}

/* SetUnitProperties(s name, b runtime, a(sv) properties) */
int systemd_unit_update(const struct container *c, const struct cgroup *cg,
			const struct oci_resources *res, struct error *err)
{
	cleanup(dbus_close) struct dbus d = DBUS_INIT;
	cleanup(dbus_message_release) struct dbus_message answer = { 0 };
	struct strbuf body = STRBUF_INIT;
	struct dbus_array array;
	int r;

	dbus_put_string(&body, c->cgroup_unit);
	dbus_put_bool(&body, true);
	array = dbus_array_begin(&body, '(');
	r = systemd_put_resources(&body, cg->mode, cg, res, err);
	dbus_array_end(&body, &array);
	if (!r)
		r = unit_connect(c, &d, err);
	if (!r) {
		r = call_manager(&d, "SetUnitProperties", "sba(sv)", &body, &answer);
		r = r < 0 ? error_set(err, ERR_SYSTEM, -r, "ask systemd to change unit %s",
				      c->cgroup_unit)
			  : check_answer(&answer, "change", c->cgroup_unit, err);
	}
	strbuf_release(&body);
	return r;
}

/* AttachProcessesToUnit(s name, s subcgroup, au pids); the user's manager asks the system's, which
 * may move what is between their cgroups. */
int systemd_unit_attach(const struct container *c, pid_t pid, struct error *err)
{
	cleanup(dbus_close) struct dbus d = DBUS_INIT;
	cleanup(dbus_message_release) struct dbus_message answer = { 0 };
	struct strbuf body = STRBUF_INIT;
	struct dbus_array array;
	int r = unit_connect(c, &d, err);

	if (r < 0)
		return r;
	dbus_put_string(&body, c->cgroup_unit);
	dbus_put_string(&body, "");
	array = dbus_array_begin(&body, 'u');
	dbus_put_u32(&body, (uint32_t)pid);
	dbus_array_end(&body, &array);
	r = call_manager(&d, "AttachProcessesToUnit", "ssau", &body, &answer);
	strbuf_release(&body);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "ask systemd to move a process into unit %s",
				 c->cgroup_unit);
	return check_answer(&answer, "move the process into", c->cgroup_unit, err);
}

static int stop(struct dbus *d, const char *unit, struct error *err)
{
	cleanup(dbus_message_release) struct dbus_message answer = { 0 };
	struct strbuf body = STRBUF_INIT;
	int r = subscribe(d);

	dbus_put_string(&body, unit);
	dbus_put_string(&body, "replace");
	if (!r)
		r = call_manager(d, "StopUnit", "ss", &body, &answer);
	strbuf_release(&body);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "ask systemd to stop unit %s", unit);
	if (is_error(&answer, "org.freedesktop.systemd1.NoSuchUnit"))
		return 0;
	r = finish_job(d, &answer, "stop", unit, err);
	ignore_result(reset_failed(d, unit)); /* it need not have failed */
	return r;
}

int systemd_unit_stop(const struct container *c, struct error *err)
{
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	cleanup(dbus_close) struct dbus d = DBUS_INIT;
	int r = cgroup_find(c->cgroup_path, &cg);

	/* By us, at once: systemd would ask first, and wait. */
	if (!r)
		r = cgroup_empty(&cg);
	if (r < 0 && r != -ENOENT)
		return error_set(err, ERR_SYSTEM, -r, "end what is in cgroup '%s'", c->cgroup_path);
	r = unit_connect(c, &d, err);
	return r < 0 ? r : stop(&d, c->cgroup_unit, err);
}
