/*
 * params.c - libllama's parameters as we set them; see params.h.
 *
 * Layer: engine.
 */
#include "engine/params.h"

#include "base/buf.h"
#include "base/limits.h"

/* A card needs some memory for its driver and the screen. */
#define DEVICE_RESERVE_BYTES (1 * GIB)
/* Of free memory, so much is left to the system: a sixteenth, at least a quarter of a GiB. */
#define HOST_RESERVE_SHARE 16
#define HOST_RESERVE_BYTES (256 * MIB)

static bool is_card(ggml_backend_dev_t d)
{
	enum ggml_backend_dev_type type = ggml_backend_dev_type(d);
	return type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU;
}

/* Whether its memory is the host's. */
static bool is_unified(ggml_backend_dev_t d)
{
	struct str driver = str_z(ggml_backend_reg_name(ggml_backend_dev_backend_reg(d)));
	return ggml_backend_dev_type(d) == GGML_BACKEND_DEVICE_TYPE_IGPU ||
	       str_eq_z(driver, "Metal") || str_eq_z(driver, "MTL");
}

static bool fail_unknown(struct str name, struct err *e)
{
	struct buf names;
	buf_init(&names, LIMIT_QUOTE_BYTES);
	for (size_t i = 0; i < ggml_backend_dev_count(); i++)
		buf_printf(&names, "%s%s", i ? ", " : "",
			ggml_backend_dev_name(ggml_backend_dev_get(i)));
	fail(e, ERR_USAGE, LAYER_ENGINE, "there is no device '%.*s'", STR_ARG(name));
	err_mend(e, "name some of: %s; or none", buf_z(&names));
	buf_clear(&names);
	return false;
}

static ggml_backend_dev_t find_device(struct str name)
{
	for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
		ggml_backend_dev_t d = ggml_backend_dev_get(i);
		if (str_eq_nocase(name, str_z(ggml_backend_dev_name(d))))
			return d;
	}
	return NULL;
}

bool params_devices(const char *names, struct params_devices *out, struct err *e)
{
	struct params_devices found = { .is_default = !names };
	struct str rest = names ? str_z(names) : (struct str){ NULL, 0 }, name;
	size_t count = 0;
	while (str_cut(&rest, ',', &name)) {
		ggml_backend_dev_t d = find_device(str_trim(name));
		if (!d && !str_eq_z(str_trim(name), "none"))
			return fail_unknown(name, e);
		if (d && is_card(d) && count < PARAMS_DEVICES)
			found.list[count++] = d;
	}
	*out = found;
	return true;
}

static void add_room(ggml_backend_dev_t d, struct params_room *room)
{
	size_t has = 0, total = 0;
	ggml_backend_dev_memory(d, &has, &total);
	if (is_unified(d))
		room->host_bytes = has && has < room->host_bytes ? has : room->host_bytes;
	else if (has > DEVICE_RESERVE_BYTES)
		room->device_bytes += has - DEVICE_RESERVE_BYTES;
}

struct params_room params_room(const struct params_devices *devices, uint64_t free_bytes)
{
	uint64_t reserve = free_bytes / HOST_RESERVE_SHARE;
	if (reserve < HOST_RESERVE_BYTES)
		reserve = HOST_RESERVE_BYTES;
	struct params_room room = { .host_bytes = free_bytes > reserve ? free_bytes - reserve : 0 };
	for (size_t i = 0; devices->is_default && i < ggml_backend_dev_count(); i++)
		if (is_card(ggml_backend_dev_get(i)))
			add_room(ggml_backend_dev_get(i), &room);
	for (size_t i = 0; devices->list[i]; i++)
		add_room(devices->list[i], &room);
	return room;
}

int params_device_layers(
	const struct estimate *need, const struct params_room *room, uint64_t layer_count)
{
	if (!room->device_bytes || need->all_bytes <= room->device_bytes)
		return -1;
	if (room->device_bytes <= need->work_bytes)
		return 0;
	double share = (double)(room->device_bytes - need->work_bytes) /
		       (double)(need->all_bytes - need->work_bytes);
	return (int)(share * (double)layer_count);
}

struct llama_model_params params_model(const struct params_devices *devices)
{
	struct llama_model_params p = llama_model_default_params();
	if (!devices->is_default) {
		p.devices = (ggml_backend_dev_t *)devices->list;
		if (!devices->list[0])
			p.n_gpu_layers = 0;
	}
	return p;
}

struct llama_context_params params_context(const struct estimate_use *use)
{
	struct llama_context_params p = llama_context_default_params();
	p.n_ctx = (uint32_t)use->context_tokens;
	p.n_batch = p.n_ubatch = (uint32_t)use->chunk_tokens;
	p.n_seq_max = (uint32_t)use->sequences;
	p.n_outputs_max = (uint32_t)use->output_rows;
	p.swa_full = !use->cuts_windows;
	p.kv_unified = true;
	p.no_perf = true;
	return p;
}
