/*
 * replay.c - runs a fuzzer over the files of one folder, without libFuzzer: each input whole, and
 * cut after every byte. Having nothing to run is a failure.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 1 << 20, CUT_EVERY_BYTE_BELOW = 4096 };

/* A copy of exactly n bytes, so that reading past the end is seen by the sanitizers. */
static void feed(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	if (!copy)
		abort();
	memcpy(copy, bytes, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static bool replay(const char *folder, const char *name, uint8_t *room)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return false;
	}
	size_t n = fread(room, 1, INPUT_MAX, file);
	fclose(file);
	for (size_t cut = n < CUT_EVERY_BYTE_BELOW ? 0 : n; cut <= n; cut++)
		feed(room, cut);
	return true;
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	uint8_t *room = malloc(INPUT_MAX);
	bool ok = dir && room;
	size_t inputs = 0;
	for (struct dirent *entry; ok && (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		ok = replay(argv[1], entry->d_name, room);
		inputs++;
	}
	if (dir)
		closedir(dir);
	free(room);
	printf("%zu inputs\n", inputs);
	return ok && inputs > 0 ? 0 : 1;
}
