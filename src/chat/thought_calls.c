/*
 * thought_calls.c - see thought_calls.h.
 */
#include "chat/thought_calls.h"

void thought_calls_init(struct thought_calls *t)
{
	*t = (struct thought_calls){ .list = NULL };
}

void thought_calls_clear(struct thought_calls *t)
{
	json_decref(t->list);
	thought_calls_init(t);
}

void thought_calls_add(struct thought_calls *t, struct str name, json_t *args)
{
	if (!t->list)
		t->list = json_array();
	json_t *call = json_array();
	json_array_append_new(call, js_new_text(name));
	json_array_append(call, args);
	json_array_append_new(t->list, call);
}

void thought_calls_end(struct thought_calls *t)
{
	t->is_over = t->list != NULL;
}

bool thought_calls_wait(const struct thought_calls *t)
{
	return t->is_over && json_array_size(t->list);
}

bool thought_calls_again(struct thought_calls *t, struct str name, const json_t *args)
{
	for (size_t i = 0; i < json_array_size(t->list); i++) {
		const json_t *call = json_array_get(t->list, i);
		if (!str_eq(js_text(json_array_get(call, 0)), name) ||
			!json_equal(json_array_get(call, 1), args))
			continue;
		json_array_remove(t->list, i);
		return true;
	}
	thought_calls_clear(t);
	return false;
}
