#include "../unit.h"

#include "base/limits.h"
#include "client/conf.h"

/* One change: what stood there, what is set, what stands there then. */
struct change {
	enum conf_format format;
	const char *before, *path, *value, *after;
};

static const struct change changes[] = {
	/* ---- JSON ---- */
	{ CONF_JSON, "", "a", "1", "{\n  \"a\": 1\n}\n" },
	{ CONF_JSON, "{}", "a/b", "\"x\"", "{\n  \"a\": {\n    \"b\": \"x\"\n  }\n}" },
	{ CONF_JSON, "{ \"a\": 1 }", "b", "true", "{ \"a\": 1, \"b\": true }" },
	{ CONF_JSON, "{\n\t// keep me\n\t\"a\": 1, /* and me */\n}\n", "b", "2",
		"{\n\t// keep me\n\t\"a\": 1, /* and me */\n\t\"b\": 2\n}\n" },
	{ CONF_JSON, "{\n  \"a\": 1 // mine\n}\n", "b", "2",
		"{\n  \"a\": 1, // mine\n  \"b\": 2\n}\n" },
	{ CONF_JSON, "{\"a\": 1, \"a\": 2}", "a", "3", "{\"a\": 1, \"a\": 3}" },
	{ CONF_JSON, "{\n\t\"a\": {}\n}", "b/c", "1",
		"{\n\t\"a\": {},\n\t\"b\": {\n\t\t\"c\": 1\n\t}\n}" },
	{ CONF_JSON, "{\n\t\"a\": {}\n}", "a/c", "1", "{\n\t\"a\": {\n\t\t\"c\": 1\n\t}\n}" },
	{ CONF_JSON, "{\r\n  \"a\": 1\r\n}\r\n", "b", "2",
		"{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}\r\n" },
	{ CONF_JSON, "\xEF\xBB\xBF{\"a\": 1}", "a", "2", "\xEF\xBB\xBF{\"a\": 2}" },
	{ CONF_JSON, "{\n  \"a\": {\n    \"b\": [1, 2]\n  }\n}\n", "a/c", "false",
		"{\n  \"a\": {\n    \"b\": [1, 2],\n    \"c\": false\n  }\n}\n" },
	{ CONF_JSON, "{a: 'x', // why\n b: 2}", "a", "\"y\"", "{a: \"y\", // why\n b: 2}" },
	{ CONF_JSON, "{\"a\": {\"b\": 1}, \"c\": 2}", "a/b", "1", "{\"a\": {\"b\": 1}, \"c\": 2}" },
	{ CONF_JSON, "{\"m\": [{\"id\": \"x\", \"n\": 1}, {\"id\": \"y\", \"n\": 1}]}",
		"m/[id=y]/n", "5",
		"{\"m\": [{\"id\": \"x\", \"n\": 1}, {\"id\": \"y\", \"n\": 5}]}" },
	{ CONF_JSON, "{\n  \"m\": [\n    {\n      \"id\": \"x\"\n    }\n  ]\n}\n", "m/[id=a/b]/n",
		"5",
		"{\n  \"m\": [\n    {\n      \"id\": \"x\"\n    },\n    {\n      \"id\": "
		"\"a/b\",\n      \"n\": 5\n    }\n  ]\n}\n" },
	{ CONF_JSON, "{\"l\": [\"a\"]}", "l/[]", "\"b\"", "{\"l\": [\"a\", \"b\"]}" },
	{ CONF_JSON, "{\"l\": [\"a\"]}", "l/[]", "\"a\"", "{\"l\": [\"a\"]}" },
	{ CONF_JSON, "{\n  // nothing yet\n}\n", "a", "1",
		"{\n  \"a\": 1\n\n  // nothing yet\n}\n" },
	/* ---- TOML ---- */
	{ CONF_TOML, "", "model", "\"m\"", "model = \"m\"\n" },
	{ CONF_TOML, "# mine\nmodel = \"old\" # why\n\n[a]\nb = 1\n", "model", "\"new\"",
		"# mine\nmodel = \"new\" # why\n\n[a]\nb = 1\n" },
	{ CONF_TOML, "[a]\nb = 1\n", "model", "\"m\"", "model = \"m\"\n\n[a]\nb = 1\n" },
	{ CONF_TOML, "x = 1\n[a]\nb = 1\n", "y", "2", "x = 1\ny = 2\n[a]\nb = 1\n" },
	{ CONF_TOML, "[p.q]\nb = 1\n\n[z]\n", "p/q/c", "3", "[p.q]\nb = 1\nc = 3\n\n[z]\n" },
	{ CONF_TOML, "x = 1", "p/q w/c", "true", "x = 1\n\n[p.\"q w\"]\nc = true\n" },
	{ CONF_TOML, "[p]\nq.c = [\n 1, # one\n 2,\n]\nd = 4\n", "p/q/c", "[3]",
		"[p]\nq.c = [3]\nd = 4\n" },
	{ CONF_TOML, "s = \"\"\"\n[t]\nk = 1\n\"\"\"\n", "t/k", "2",
		"s = \"\"\"\n[t]\nk = 1\n\"\"\"\n\n[t]\nk = 2\n" },
	{ CONF_TOML, "a = 1 # x\r\n\r\n[t]\r\n", "b", "2", "a = 1 # x\r\nb = 2\r\n\r\n[t]\r\n" },
	{ CONF_TOML,
		"\xEF\xBB\xBF"
		"a = 1\n",
		"a", "2",
		"\xEF\xBB\xBF"
		"a = 2\n" },
	/* ---- YAML ---- */
	{ CONF_YAML, "", "a", "1", "a: 1\n" },
	{ CONF_YAML, "# mine\na: old # why\nb: 2\n", "a", "\"new\"",
		"# mine\na: new # why\nb: 2\n" },
	{ CONF_YAML, "model:\n    provider: x\n    # mine\nother: 1\n", "model/name", "\"n: 1\"",
		"model:\n    provider: x\n    name: \"n: 1\"\n    # mine\nother: 1\n" },
	{ CONF_YAML, "a: 1", "b/c/d", "true", "a: 1\nb:\n  c:\n    d: true\n" },
	{ CONF_YAML, "models:\n  - name: X\n    model: x\n  - name: Y\n    model: y\nrules: []\n",
		"models/[name=Y]/model", "\"z\"",
		"models:\n  - name: X\n    model: x\n  - name: Y\n    model: z\nrules: []\n" },
	{ CONF_YAML, "models:\n- name: X\n  model: x\n", "models/[name=Y]/o/n", "8",
		"models:\n- name: X\n  model: x\n- name: Y\n  o:\n    n: 8\n" },
	{ CONF_YAML, "a:\n  - 1\n  - 2\nb: 1\n", "a", "[3]", "a: [3]\nb: 1\n" },
	{ CONF_YAML, "a:\nb: 1\n", "a", "2", "a: 2\nb: 1\n" },
	{ CONF_YAML, "a: # mine\nb: 1\n", "a", "2", "a: 2 # mine\nb: 1\n" },
	{ CONF_YAML, "m: []\nb: 1\n", "m/[name=X]/n", "2", "m:\n  - name: X\n    n: 2\nb: 1\n" },
	{ CONF_YAML, "m: {} # mine\n", "m/n", "2", "m: # mine\n  n: 2\n" },
	{ CONF_YAML, "a: 1\n...\n", "b", "2", "a: 1\nb: 2\n...\n" },
	{ CONF_YAML, "a:\r\n  - 1\r\nb: 1\r\n", "a", "[3]", "a: [3]\r\nb: 1\r\n" },
	{ CONF_YAML,
		"\xEF\xBB\xBF"
		"a: 1\n",
		"a", "2",
		"\xEF\xBB\xBF"
		"a: 2\n" },
	{ CONF_YAML, "d: |\n  [ {\nl: [1, # [\n  'it''s', \"]\"]\ne: it's\n", "a", "2",
		"d: |\n  [ {\nl: [1, # [\n  'it''s', \"]\"]\ne: it's\na: 2\n" },
	/* ---- KEY=value ---- */
	{ CONF_ENV, "", "A", "\"b\"", "A=b\n" },
	{ CONF_ENV, "# A=1\nexport A=\"x y\"\nB=2", "A", "\"z\"", "# A=1\nexport A=z\nB=2" },
	{ CONF_ENV, "B=2", "A", "\"x y\"", "B=2\nA='x y'\n" },
	{ CONF_ENV, "A=1\n", "A", "1", "A=1\n" },
	{ CONF_ENV, "A=1\n", "B", "\"it's\"", "A=1\nB=\"it's\"\n" },
	{ CONF_ENV, "A=1\r\n", "B", "2", "A=1\r\nB=2\r\n" },
};

static void values_are_put_in_and_the_rest_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		const struct change *c = &changes[i];
		struct err e = { 0 };
		struct buf text;
		struct conf_path path = conf_path(str_z(c->path));
		json_t *value = js_parse(str_z(c->value), LAYER_CLIENT, &e);
		buf_init(&text, LIMIT_TEXT_FILE_BYTES);
		buf_add_z(&text, c->before);
		if (!conf_set(c->format, &text, &path, value, &e))
			print_error("%s: %s\n", c->path, e.what);
		assert_string_equal(buf_z(&text), c->after);
		bool is_list = str_ends(str_z(c->path), STR("[]"));
		json_t *read = conf_get(c->format, buf_str(&text), &path, &e);
		assert_true(is_list || (read && json_equal(read, value)));
		json_decref(read);
		/* once more changes nothing */
		assert_true(conf_set(c->format, &text, &path, value, &e));
		assert_string_equal(buf_z(&text), c->after);
		json_decref(value);
		buf_clear(&text);
	}
}

static const struct refusal {
	enum conf_format format;
	const char *text, *path, *what;
} refusals[] = {
	{ CONF_JSON, "{\"a\": ", "b", "line 1" },
	{ CONF_JSON, "{\"a\": 1} x", "b", "line 1" },
	{ CONF_JSON, "[]", "b", "an object should stand there" },
	{ CONF_JSON, "{\n\"a\": 1}", "a/b", "line 2" },
	{ CONF_JSON, "{\"a\": {}}", "a/[x=1]", "a list should stand there" },
	{ CONF_JSON, "{\"a\": 1 \"b\": 2}", "c", "comma" },
	{ CONF_JSON, "{\n\"a\": [1}]\n", "c", "line 2: a comma or a bracket" },
	{ CONF_TOML, "a = { b = 1 }\n", "a/c", "inline table" },
	{ CONF_TOML, "\na = \"x\nb = 1\n", "a", "line 2" },
	{ CONF_TOML, "a = [ 1,\nb = 1\n", "b", "line 1" },
	{ CONF_TOML, "a =\n", "b", "line 1" },
	{ CONF_YAML, "x: 1\na: [b\nc: {\n", "x", "line 2: what opens there is never closed" },
	{ CONF_YAML, "- 'b\n", "x", "line 1" },
	{ CONF_TOML, "\n\nnonsense\n", "a", "line 3" },
	{ CONF_YAML, "a: { b: 1 }\n", "a/c", "not opened up" },
};

static void what_cannot_be_changed_is_said_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		const struct refusal *r = &refusals[i];
		struct err e = { 0 };
		struct buf text;
		struct conf_path path = conf_path(str_z(r->path));
		json_t *one = json_integer(1);
		buf_init(&text, LIMIT_TEXT_FILE_BYTES);
		buf_add_z(&text, r->text);
		assert_false(conf_set(r->format, &text, &path, one, &e));
		assert_non_null(strstr(e.what, r->what));
		assert_int_equal(e.layer, LAYER_CLIENT);
		assert_string_equal(buf_z(&text), r->text);
		json_decref(one);
		buf_clear(&text);
	}
}

static const struct reading {
	enum conf_format format;
	const char *text, *path, *value; /* NULL: there is none */
} readings[] = {
	{ CONF_JSON, "{a: {'b': 'it\\'s \"x\"'},}", "a/b", "\"it's \\\"x\\\"\"" },
	{ CONF_JSON, "{\"a\": [1, /* two */ 2,]}", "a", "[1,2]" },
	{ CONF_JSON, "{}", "a/b/c", NULL },
	{ CONF_TOML, "[a.\"b c\"]\nk = 1_000 # x\n", "a/b c/k", "1000" },
	{ CONF_TOML, "k = 'raw \\n'\n", "k", "\"raw \\\\n\"" },
	{ CONF_TOML, "k = [ \"a\", # one\n 'b' ]\n", "k", "[\"a\",\"b\"]" },
	{ CONF_YAML, "a:\n  b: 'x'\n", "a/b", "\"x\"" },
	{ CONF_YAML, "a:\n  b: [x, y]\n", "a/c", NULL },
	{ CONF_YAML, "a:\n  # mine\n  - x # why\n  - 2\nb: 1\n", "a", "[\"x\", 2]" },
	{ CONF_YAML, "a:\n- x\nb: 1\n", "a", "[\"x\"]" },
	{ CONF_YAML, "a: http://h:1/v1 # c\n", "a", "\"http://h:1/v1\"" },
	{ CONF_ENV, "A='x y'\nA=2\n", "A", "2" },
};

static void values_are_read_as_their_format_means_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
		const struct reading *r = &readings[i];
		struct err e = { 0 };
		struct conf_path path = conf_path(str_z(r->path));
		json_t *got = conf_get(r->format, str_z(r->text), &path, &e);
		json_t *wanted = r->value ? js_parse(str_z(r->value), LAYER_CLIENT, NULL) : NULL;
		if (wanted ? !got : got != NULL)
			print_error("reading %zu\n", i);
		assert_true(wanted ? got && json_equal(got, wanted) : got == NULL);
		json_decref(got);
		json_decref(wanted);
	}
}

/* Whatever stands there, nothing crashes, and a refusal leaves it as it was. */
static void cut_files_never_crash(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct str whole = str_z(changes[i].after);
		struct conf_path path = conf_path(str_z(changes[i].path));
		json_t *one = json_integer(1);
		for (size_t n = 0; n < whole.n; n++) {
			struct err e = { 0 };
			struct buf text;
			buf_init(&text, LIMIT_TEXT_FILE_BYTES);
			buf_add(&text, str_sub(whole, 0, n));
			if (!conf_set(changes[i].format, &text, &path, one, &e))
				assert_true(str_eq(buf_str(&text), str_sub(whole, 0, n)));
			buf_clear(&text);
		}
		json_decref(one);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_put_in_and_the_rest_stays),
		cmocka_unit_test(what_cannot_be_changed_is_said_with_its_line),
		cmocka_unit_test(values_are_read_as_their_format_means_them),
		cmocka_unit_test(cut_files_never_crash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
