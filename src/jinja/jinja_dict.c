/*
 * jinja_dict.c - dicts as Python has them: in order of insertion, keyed by any value that can be
 * hashed, 1, 1.0 and True being the same key; see jinja_value.h.
 */
#include "jinja/jinja_value.h"

#include <string.h>

#include "jinja/jinja_run.h"

/* Up to DICT_PLAIN entries are searched one by one. Long probes are charged: keys chosen to collide
 * run into the limit of steps. */
enum { DICT_PLAIN = 8, PROBES_A_STEP = 8 };

struct jdict *jdict_new(struct jrun *r)
{
	return jrun_alloc(r, sizeof(struct jdict));
}

/* Where an entry with this hash may be: visits candidates, from *slot on. SIZE_MAX when done. */
static size_t candidate(const struct jdict *d, uint64_t hash, size_t *slot)
{
	if (!d->index) {
		for (; *slot < d->n; ++*slot)
			if (d->entries[*slot].hash == hash)
				return (*slot)++;
		return SIZE_MAX;
	}
	for (;; ++*slot) {
		uint32_t number = d->index[(hash + *slot) & (d->index_cap - 1)];
		if (number == 0)
			return SIZE_MAX;
		if (d->entries[number - 1].hash == hash) {
			++*slot;
			return number - 1;
		}
	}
}

static bool find(
	struct jrun *r, const struct jdict *d, struct jval key, uint64_t hash, struct jentry **out)
{
	*out = NULL;
	size_t slot = 0, i;
	while ((i = candidate(d, hash, &slot)) != SIZE_MAX) {
		bool equal;
		if (!jval_equal(r, d->entries[i].key, key, &equal))
			return false;
		if (equal) {
			*out = &d->entries[i];
			break;
		}
	}
	return jrun_charge(r, slot / PROBES_A_STEP);
}

bool jdict_find(struct jrun *r, const struct jdict *d, struct jval key, struct jentry **out)
{
	uint64_t hash;
	return jval_hash(r, key, &hash) && find(r, d, key, hash, out);
}

struct jentry *jdict_find_text(const struct jdict *d, struct str key)
{
	size_t slot = 0, i;
	while ((i = candidate(d, str_hash(key), &slot)) != SIZE_MAX) {
		struct jentry *entry = &d->entries[i];
		if (entry->key.kind == J_TEXT && str_eq(jval_str(entry->key), key))
			return entry;
	}
	return NULL;
}

static void put_in_index(struct jdict *d, size_t number)
{
	size_t mask = d->index_cap - 1, at = d->entries[number].hash & mask;
	while (d->index[at])
		at = (at + 1) & mask;
	d->index[at] = (uint32_t)(number + 1);
}

/* Twice as many slots as entries may come. Without memory the dict goes on being searched. */
static void make_index(struct jrun *r, struct jdict *d)
{
	d->index_cap = d->cap * 2;
	d->index = jrun_array(r, d->index_cap, sizeof *d->index);
	for (size_t i = 0; d->index && i < d->n; i++)
		put_in_index(d, i);
}

static bool grow(struct jrun *r, struct jdict *d)
{
	size_t cap = d->cap ? d->cap * 2 : 4;
	struct jentry *entries = jrun_array(r, cap, sizeof *entries);
	if (!entries)
		return false;
	if (d->n)
		memcpy(entries, d->entries, d->n * sizeof *entries);
	d->entries = entries;
	d->cap = cap;
	if (cap > DICT_PLAIN)
		make_index(r, d);
	return true;
}

bool jdict_set(struct jrun *r, struct jdict *d, struct jval key, struct jval value)
{
	uint64_t hash;
	struct jentry *entry;
	if (!jval_hash(r, key, &hash) || !find(r, d, key, hash, &entry))
		return false;
	if (entry) {
		entry->value = value;
		return true;
	}
	if (d->n == d->cap && !grow(r, d))
		return jrun_charge(r, 1);
	d->entries[d->n] = (struct jentry){ hash, key, value };
	if (d->index)
		put_in_index(d, d->n);
	d->n++;
	return true;
}

void jdict_set_z(struct jrun *r, struct jdict *d, const char *key, struct jval value)
{
	jdict_set(r, d, jval_text(jtext_z(r, key)), value);
}

void jdict_remove(struct jdict *d, struct jentry *entry)
{
	size_t at = (size_t)(entry - d->entries);
	d->n--;
	memmove(entry, entry + 1, (d->n - at) * sizeof *entry);
	if (!d->index)
		return;
	memset(d->index, 0, d->index_cap * sizeof *d->index);
	for (size_t i = 0; i < d->n; i++)
		put_in_index(d, i);
}

static bool update_from_pairs(struct jrun *r, struct jdict *d, struct jval from)
{
	struct jlist *pairs, *two;
	if (!jval_to_list(r, from, &pairs))
		return false;
	for (size_t i = 0; i < pairs->n; i++) {
		if (!jval_to_list(r, pairs->items[i], &two))
			return false;
		if (two->n != 2)
			return jrun_raise(r,
				"dictionary update sequence element #%zu has length %zu; 2 is "
				"required",
				i, two->n);
		if (!jdict_set(r, d, two->items[0], two->items[1]))
			return false;
	}
	return true;
}

bool jdict_update(struct jrun *r, struct jdict *d, struct jval from)
{
	if (from.kind != J_DICT)
		return update_from_pairs(r, d, from);
	for (size_t i = 0; i < from.u.dict->n; i++)
		if (!jdict_set(r, d, from.u.dict->entries[i].key, from.u.dict->entries[i].value))
			return false;
	return true;
}
