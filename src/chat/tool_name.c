/*
 * tool_name.c - see tool_name.h.
 *
 * Layer: model.
 */
#include "chat/tool_name.h"

#include "base/limits.h"
#include "base/nearest.h"

enum { MOST_NAMES = 60 };

/* "functions.write:0" becomes "write". */
static struct str bare_name(struct str name)
{
	static const char *const prefixes[] = { "functions.", "functions::", "tools.", "tool.",
		"default_api." };
	name = str_trim(name);
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (str_starts(name, str_z(prefixes[i]))) {
			name = str_from(name, str_z(prefixes[i]).n);
			break;
		}
	size_t colon = str_find_last(name, STR(":"));
	uint64_t index;
	if (colon != SIZE_MAX && str_to_u64(str_from(name, colon + 1), &index))
		name = str_sub(name, 0, colon);
	return name;
}

static char plain(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '-' || c == ' ' || c == '.' ? '_' : c;
}

static bool is_alike(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (plain(a.p[i]) != plain(b.p[i]))
			return false;
	return true;
}

/* "WriteFile" for write_file: the same but for what joins the words. */
static bool is_alike_joined(struct str a, struct str b)
{
	size_t i = 0, k = 0;
	for (;;) {
		while (i < a.n && plain(a.p[i]) == '_')
			i++;
		while (k < b.n && plain(b.p[k]) == '_')
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (plain(a.p[i++]) != plain(b.p[k++]))
			return false;
	}
}

static const struct chat_tool *only_alike(
	const struct chat_request *r, struct str name, bool (*alike)(struct str a, struct str b))
{
	const struct chat_tool *found = NULL;
	size_t count = 0;
	for (size_t i = 0; i < r->tool_count; i++) {
		if (!alike(r->tools[i].name, name))
			continue;
		found = &r->tools[i];
		count++;
	}
	return count == 1 ? found : NULL;
}

const struct chat_tool *tool_name_meant(const struct chat_request *r, struct str name)
{
	const struct chat_tool *found = chat_find_tool(r, name);
	struct str bare = bare_name(name);
	if (!found)
		found = chat_find_tool(r, bare);
	if (!found)
		found = only_alike(r, bare, is_alike);
	return found || !bare.n ? found : only_alike(r, bare, is_alike_joined);
}

void tool_name_unknown(const struct chat_request *r, struct str name, struct buf *out)
{
	struct nearest near = nearest_to(bare_name(name));
	for (size_t i = 0; i < r->tool_count; i++)
		nearest_try(&near, r->tools[i].name);
	buf_printf(out, "there is no tool %.*s", STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
	if (near.best.n)
		buf_printf(out, " (did you mean %.*s?)", STR_ARG(near.best));
	buf_add_z(out, r->tool_count ? "; the tools are: " : "; no tools are offered");
	for (size_t i = 0; i < r->tool_count && i < MOST_NAMES; i++)
		buf_printf(out, "%s%.*s", i ? ", " : "", STR_ARG(r->tools[i].name));
	if (r->tool_count > MOST_NAMES)
		buf_add_z(out, ", …");
}
