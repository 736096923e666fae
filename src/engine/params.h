/*
 * params.h - libllama's parameters as we set them: the same for looking at a model as for loading
 * it, so that the look says the truth about the load.
 */
#ifndef OFFGRID_ENGINE_PARAMS_H
#define OFFGRID_ENGINE_PARAMS_H

#include <llama.h>

#include "base/err.h"
#include "engine/fit.h"

/* What of an engine's options decides about memory. */
struct params_shape {
	int context_tokens, sequences, batch_tokens;
	const char *devices; /* as in engine_options */
};

enum { PARAMS_DEVICES = 16 };

/* The devices that are to be used, NULL-terminated; with `is_default` libllama chooses. */
struct params_devices {
	bool is_default;
	ggml_backend_dev_t list[PARAMS_DEVICES + 1];
};

/* ERR_USAGE for a device that is not there, with the names of those that are. */
bool params_devices(const char *names, struct params_devices *out, struct err *e);

/* Memory that these devices and the host have. `host_bytes` 0: ask the system. */
void params_room(const struct params_devices *devices, uint64_t host_bytes, struct fit_room *out);

/* `devices` is borrowed as long as the parameters. */
struct llama_model_params params_model(const struct params_devices *devices);
struct llama_context_params params_context(const struct params_shape *shape);

#endif
