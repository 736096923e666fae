/*
 * params.h - libllama's parameters as we set them, in one place, so that what was checked is what
 * is loaded; and the devices they name.
 */
#ifndef OFFGRID_ENGINE_PARAMS_H
#define OFFGRID_ENGINE_PARAMS_H

#include "base/err.h"
#include "engine/llama_api.h"
#include "model/estimate.h"

enum { PARAMS_DEVICES = 16 };

/* The devices that are to be used, NULL-terminated; with `is_default` libllama chooses. */
struct params_devices {
	bool is_default;
	ggml_backend_dev_t list[PARAMS_DEVICES + 1];
};

/* ERR_USAGE for a device that is not there, with the names of those that are. */
bool params_devices(const char *names, struct params_devices *out, struct err *e);

/* What may be used. Where a device's memory is the host's, all of it is `host_bytes`. */
struct params_room {
	uint64_t host_bytes;
	uint64_t device_bytes; /* of separate graphics cards, together */
};

/* Memory that the host (some of whose `free_bytes` are left to the system) and these devices have.
 */
struct params_room params_room(const struct params_devices *devices, uint64_t free_bytes);

/* How many layers go to the cards; -1: all. */
int params_device_layers(
	const struct estimate *need, const struct params_room *room, uint64_t layer_count);

/* `devices` is borrowed as long as the parameters. */
struct llama_model_params params_model(const struct params_devices *devices);

/* The context tokens of `use` are shared by its sequences. */
struct llama_context_params params_context(const struct estimate_use *use);

#endif
