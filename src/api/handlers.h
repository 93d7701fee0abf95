/* SPDX-License-Identifier: Apache-2.0 */
/* Every handler, for the table in routes.c. They translate; the engine decides. */
#pragma once

#include "api/request.h"

int system_ping(struct request *req, struct error *err);
int system_version(struct request *req, struct error *err);
int system_info(struct request *req, struct error *err);
int system_events(struct request *req, struct error *err);
int system_not_implemented(struct request *req, struct error *err);
int system_no_swarm(struct request *req, struct error *err);

int containers_list(struct request *req, struct error *err);
int containers_create(struct request *req, struct error *err);
int containers_inspect(struct request *req, struct error *err);
int containers_start(struct request *req, struct error *err);
int containers_stop(struct request *req, struct error *err);
int containers_restart(struct request *req, struct error *err);
int containers_kill(struct request *req, struct error *err);
int containers_rename(struct request *req, struct error *err);
int containers_pause(struct request *req, struct error *err);
int containers_unpause(struct request *req, struct error *err);
int containers_update(struct request *req, struct error *err);
int containers_remove(struct request *req, struct error *err);
int containers_wait(struct request *req, struct error *err);
int containers_top(struct request *req, struct error *err);

int streams_logs(struct request *req, struct error *err);
int streams_attach(struct request *req, struct error *err);
int streams_attach_ws(struct request *req, struct error *err);
int streams_resize(struct request *req, struct error *err);
int streams_stats(struct request *req, struct error *err);

int execs_create(struct request *req, struct error *err);
int execs_start(struct request *req, struct error *err);
int execs_resize(struct request *req, struct error *err);
int execs_inspect(struct request *req, struct error *err);

int files_changes(struct request *req, struct error *err);
int files_export(struct request *req, struct error *err);
int files_commit(struct request *req, struct error *err);

int copies_stat(struct request *req, struct error *err);
int copies_get(struct request *req, struct error *err);
int copies_put(struct request *req, struct error *err);

int archives_load(struct request *req, struct error *err);
int archives_save(struct request *req, struct error *err);
int archives_save_one(struct request *req, struct error *err);

int mounts_list(struct request *req, struct error *err);
int mounts_mount(struct request *req, struct error *err);
int mounts_umount(struct request *req, struct error *err);

int usage_df(struct request *req, struct error *err);
int usage_check(struct request *req, struct error *err);
int system_migrate(struct request *req, struct error *err);

/* Any request to the address of metrics-addr. */
int metrics_serve(struct request *req, struct error *err);
int usage_prune_containers(struct request *req, struct error *err);
int usage_prune_build(struct request *req, struct error *err);
int usage_prune_images(struct request *req, struct error *err);

int images_list(struct request *req, struct error *err);
int images_inspect(struct request *req, struct error *err);
int images_history(struct request *req, struct error *err);
int images_create(struct request *req, struct error *err);
int images_attestations(struct request *req, struct error *err);
int images_search(struct request *req, struct error *err);
int auth_check(struct request *req, struct error *err);
int distribution_inspect(struct request *req, struct error *err);
int images_push(struct request *req, struct error *err);
int images_tag(struct request *req, struct error *err);
int images_remove(struct request *req, struct error *err);

int networks_list(struct request *req, struct error *err);
int networks_inspect(struct request *req, struct error *err);
int networks_create(struct request *req, struct error *err);
int networks_remove(struct request *req, struct error *err);
int networks_prune(struct request *req, struct error *err);
int networks_connect(struct request *req, struct error *err);
int networks_disconnect(struct request *req, struct error *err);

int volumes_list(struct request *req, struct error *err);
int volumes_create(struct request *req, struct error *err);
int volumes_inspect(struct request *req, struct error *err);
int volumes_remove(struct request *req, struct error *err);
int volumes_prune(struct request *req, struct error *err);
int plugins_list(struct request *req, struct error *err);
int plugins_none(struct request *req, struct error *err);
int plugins_refused(struct request *req, struct error *err);
int volumes_update(struct request *req, struct error *err);
