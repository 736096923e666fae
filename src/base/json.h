/*
 * json.h - JSON through jansson, with errors that say where.
 *
 * Parsing is strict (RFC 8259, UTF-8, no duplicate keys, depth and size capped, and no NUL in
 * strings but in messages). Values are jansson's reference-counted `json_t`; building and freeing
 * them is done with jansson's own functions (json_pack, json_object_set_new, json_decref). Reading
 * values that come from outside is done here, through a cursor that knows its path, so that a wrong
 * type is reported as "messages[2].content: should be a string, is a number". The prefix is `js_`
 * because jansson owns `json_`.
 */
#ifndef OFFGRID_BASE_JSON_H
#define OFFGRID_BASE_JSON_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* New reference, or NULL: ERR_BAD_DATA in `layer`, with line, column and what was wrong. Any value
 * may stand at top. */
json_t *js_parse(struct str text, enum layer layer, struct err *e);
/* The same for what clients and upstreams send: their texts hold what tools read from files and
 * what models said, and NUL is a character like others there. */
json_t *js_parse_message(struct str text, enum layer layer, struct err *e);
/* The same, and what is no JSON only by a slip that many programs make is read as it was meant: an
 * escape that is half of a character becomes U+FFFD, a whole number of more than 64 bits a real
 * one, and a byte order mark at the front is passed over. `mended` says which, for people, or NULL.
 */
json_t *js_parse_mended(struct str text, enum layer layer, const char **mended, struct err *e);

/* Compact text appended to `out`, keys in the order they were set; false if the buffer's cap is
 * hit. */
bool js_write(const json_t *value, struct buf *out);
/* The same on one line with a blank after each comma and colon, as Python's json.dumps writes it
 * and models have seen it. */
bool js_write_spaced(const json_t *value, struct buf *out);
/* The same as readable text, two blanks a level. */
bool js_write_pretty(const json_t *value, struct buf *out);

/* A JSON string, quotes included, without building a value: for writers of streams. Invalid UTF-8
 * is replaced. */
bool js_quote(struct str s, struct buf *out);
/* Appends what stands before an element or a member: a comma, unless it is the first one, and for a
 * member its name and a colon. Names are literals that need no escape. */
void js_next(struct buf *out);
void js_member(struct buf *out, const char *name);
void js_member_text(struct buf *out, const char *name, struct str text);
void js_member_i64(struct buf *out, const char *name, int64_t number);
void js_member_double(struct buf *out, const char *name, double number);
void js_member_bool(struct buf *out, const char *name, bool yes);

/* A string value as a str (borrowed from the value), a str as a new string value (invalid UTF-8 is
 * replaced). */
struct str js_text(const json_t *string);
json_t *js_new_text(struct str s);

/* A value together with the way to it; lives on the stack, borrows everything. `value` is NULL if
 * absent. */
struct js_at {
	const json_t *value;
	const struct js_at *up;
	const char *key; /* NULL: `index` counts */
	size_t index;
	enum layer layer; /* who is told to have sent it */
};

struct js_at js_root(const json_t *value, enum layer layer);
struct js_at js_key(const struct js_at *at,
	const char *key); /* absent key, JSON null or not an object: value NULL */
/* The text of a string member; empty where there is none. Borrowed from the value. */
struct str js_text_at(const struct js_at *at, const char *key);
struct str js_text_of(const json_t *object, const char *key);
struct js_at js_item(const struct js_at *at, size_t index);
bool js_has(const struct js_at *at); /* present and not null */

/* The path as text ("messages[2].content", "the document" for the root) appended to out. */
void js_path(const struct js_at *at, struct buf *out);

/*
 * Typed getters: false with ERR_BAD_DATA naming the path if the value is absent or of another type;
 * `out` is untouched then. The js_opt_ ones leave `out` untouched and return true if the value is
 * absent.
 */
bool js_get_str(const struct js_at *at, struct str *out, struct err *e);
bool js_get_bool(const struct js_at *at, bool *out, struct err *e);
bool js_get_i64(const struct js_at *at, int64_t *out, struct err *e);
bool js_get_double(const struct js_at *at, double *out, struct err *e); /* integers too */
bool js_get_array(const struct js_at *at, size_t *count, struct err *e);
bool js_get_object(const struct js_at *at, struct err *e);

bool js_opt_str(const struct js_at *at, struct str *out, struct err *e);
bool js_opt_bool(const struct js_at *at, bool *out, struct err *e);
bool js_opt_i64(const struct js_at *at, int64_t *out, struct err *e);
bool js_opt_double(const struct js_at *at, double *out, struct err *e);

/* A fault at this place: "PATH: message". Always false. */
bool js_fail(const struct js_at *at, struct err *e, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
