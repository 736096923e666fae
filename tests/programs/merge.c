/*
 * merge.c - engine/merge.h on a command line: builds an adapter into its base.
 */
#include <stdio.h>

#include "engine/merge.h"
#include "model/hash.h"

int main(int argc, char **argv)
{
	struct err e = { 0 };
	struct arena *a = arena_new();
	struct str base, adapter;
	if (argc != 3)
		fail(&e, ERR_USAGE, LAYER_CLIENT, "usage: merge BASE.gguf ADAPTER.gguf");
	if (argc == 3 && hash_of_file(a, str_z(argv[1]), NULL, &base, &e) &&
		hash_of_file(a, str_z(argv[2]), NULL, &adapter, &e)) {
		struct merge_spec spec = { .base_path = argv[1],
			.base_sha256 = arena_z(a, base),
			.adapter = { .path = argv[2] },
			.adapter_sha256 = arena_z(a, adapter) };
		if (merge_make(&spec, &e))
			puts(merge_path(a, &spec));
	}
	if (err_is_set(&e))
		fprintf(stderr, "merge: %s\n", e.what);
	arena_free(a);
	return err_exit_code(&e);
}
