#!/usr/bin/env python3
"""Our decoder of JSON Schema beside another judge, python3-jsonschema, which knows nothing of it.

usage: compare.py DECIDE SCHEMA_MD [--schemas N] [--first SEED]

DECIDE invents schemas and values and says which of them the decoder takes, and what it lets be written. What validates must be
taken, what does not must be refused, and what was written must validate; where a schema was relaxed only the first of these.
SCHEMA_MD is the page whose tables say the same keyword by keyword: each row is judged too, and every keyword of every draft
must be in it. Prints how much was compared; fails on the first difference.
"""
import argparse
import json
import re
import subprocess
import sys

import jsonschema
from jsonschema import validators

VALUES_EACH, WALKS_EACH, LEAST_SHARE = 12, 3, 0.1
DRAFTS = {"3": jsonschema.Draft3Validator, "4": jsonschema.Draft4Validator, "6": jsonschema.Draft6Validator,
          "7": jsonschema.Draft7Validator, "2019-09": jsonschema.Draft201909Validator, "2020-12": jsonschema.Draft202012Validator}
# Keywords that came after a draft and stayed are judged by the newest; these were dropped or changed their meaning later.
OLDER = {"divisibleBy": "3", "disallow": "3", "extends": "3", "dependencies": "7", "definitions": "7", "additionalItems": "7",
         "$recursiveRef": "2019-09", "$recursiveAnchor": "2019-09", "id": "4"}


def ecma(pattern):
    """The same expression for Python's re: there $ also stands before a last line end, and a dot takes more line ends."""
    found, is_class = "", False
    for piece in re.findall(r"\\.|.", pattern, re.S):
        if piece == "[":
            is_class = True
        elif piece == "]":
            is_class = False
        elif not is_class:
            piece = {"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}.get(piece, piece)
        found += piece
    return re.compile(found, re.ASCII)


def check_pattern(validator, pattern, value, schema):
    if validator.is_type(value, "string") and not ecma(pattern).search(value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


def check_pattern_properties(validator, patterns, value, schema):
    if not validator.is_type(value, "object"):
        return
    for pattern, part in patterns.items():
        for key, member in value.items():
            if ecma(pattern).search(key):
                yield from validator.descend(member, part, path=key, schema_path=pattern)


def check_others(validator, others, value, schema):
    if not validator.is_type(value, "object"):
        return
    for key, member in value.items():
        if key in schema.get("properties", {}) or any(ecma(p).search(key) for p in schema.get("patternProperties", {})):
            continue
        yield from validator.descend(member, others, path=key)


Judge = validators.extend(jsonschema.Draft202012Validator, {
    "pattern": check_pattern, "patternProperties": check_pattern_properties, "additionalProperties": check_others})


class Difference(Exception):
    pass


def differ(what, schema, text):
    raise Difference(f"{what}\nschema {json.dumps(schema)}\nvalue  {text}")


def judge_schema(line, counts):
    schema, judge = line["schema"], Judge(line["schema"])
    for value in line["values"]:
        is_valid = judge.is_valid(json.loads(value["text"]))
        if is_valid and not value["taken"]:
            differ("it validates and is not taken", schema, value["text"])
        if value["taken"] and not is_valid and not line["relaxed"]:
            differ("it does not validate and is taken", schema, value["text"])
        counts["fit" if is_valid else "do not"] += 1
    for text in line["walks"]:
        if text is None:
            differ("nothing more can be written", schema, "")
        if not line["relaxed"] and not judge.is_valid(json.loads(text)):
            differ("it was written and does not validate", schema, text)
        counts["written"] += 1


def judge_random(decide, first, count):
    counts = {"fit": 0, "do not": 0, "written": 0, "schemas": 0}
    words = [decide, str(first), str(count), str(VALUES_EACH), str(WALKS_EACH)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, encoding="utf-8") as program:
        for line in program.stdout:
            judge_schema(json.loads(line), counts)
            counts["schemas"] += 1
    if program.returncode or counts["schemas"] != count:
        raise Difference(f"{' '.join(words)}: ended with {program.returncode} after {counts['schemas']} schemas")
    for kind in "fit", "do not":
        if counts[kind] < LEAST_SHARE * VALUES_EACH * count:
            raise Difference(f"only {counts[kind]} values {kind}: this proves little")
    return counts


# ---- the page ----

def codes(cell):
    return re.findall(r"`([^`]*)`", cell)


def rows(page):
    """(first cell of the header, cells) for each row of each table."""
    header = None
    for line in page.splitlines():
        if not line.startswith("| ") and not line.startswith("|-"):
            header = None
            continue
        cells = [cell.strip() for cell in line.strip()[1:-1].split("|")]
        if header is None:
            header = cells[0]
        elif not cells[0].startswith("---"):
            yield header, cells


def judge_row(keyword, draft, kind, schema, taken, not_taken):
    """What the standard says of the row's values: all that is taken fits if it is enforced; what is not taken does not fit."""
    newest = OLDER.get(keyword, "2020-12")
    if draft == "3" and (isinstance(schema.get("items"), list) or schema.get("exclusiveMinimum") is True or schema.get("exclusiveMaximum") is True):
        newest = "4"
    judge = DRAFTS[newest](schema, format_checker=jsonschema.FormatChecker())
    for text in taken:
        if kind != "relaxed" and not judge.is_valid(json.loads(text)):
            differ(f"docs/schema.md, {keyword}: taken, but it does not validate", schema, text)
    for text in not_taken:
        if judge.is_valid(json.loads(text)) and not is_closed(schema):
            differ(f"docs/schema.md, {keyword}: not taken, but it validates", schema, text)


def is_closed(schema):
    """Objects whose properties are listed are closed for us alone: the page says so."""
    return "properties" in schema and "additionalProperties" not in schema


def judge_page(page):
    named, judged = set(), 0
    for header, cells in rows(page):
        if header != "keyword":
            continue
        keyword, draft, kind, schema = codes(cells[0])[0], cells[1], cells[2], json.loads(codes(cells[3])[0])
        named.add(keyword)
        if draft in DRAFTS and "the trace says" not in cells and not is_malformed(schema):
            judge_row(keyword, draft, kind, schema, codes(cells[4]), codes(cells[5]))
            judged += 1
    for name, draft in DRAFTS.items():
        for keyword in keywords(draft):
            if keyword not in named:
                raise Difference(f"docs/schema.md does not name {keyword}, a keyword of draft {name}")
    return judged


def is_malformed(schema):
    """What no validator takes, or cannot look up without a network."""
    return (schema.get("type") == "no such" or isinstance(schema.get("enum"), str) or isinstance(schema.get("minimum"), str)
            or any(str(schema.get(key, "")).startswith(("https:", "#")) for key in ("$ref", "$dynamicRef", "$recursiveRef")
                   if not {"$defs", "definitions", "properties"} & set(schema)))


def keywords(draft):
    """Of a draft's own schema; the newer ones are cut into vocabularies."""
    found = set(draft.META_SCHEMA.get("properties", {}))
    for part in draft.META_SCHEMA.get("allOf", []):
        store = jsonschema.RefResolver.from_schema(draft.META_SCHEMA)
        found |= set(store.resolve(part["$ref"])[1].get("properties", {}))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("decide")
    parser.add_argument("page")
    parser.add_argument("--schemas", type=int, default=5000)
    parser.add_argument("--first", type=int, default=100_000)
    options = parser.parse_args()
    try:
        counts = judge_random(options.decide, options.first, options.schemas)
        with open(options.page, encoding="utf-8") as page:
            judged = judge_page(page.read())
    except Difference as difference:
        sys.exit(str(difference))
    print(f"{counts['schemas']} schemas: {counts['fit']} values that fit, {counts['do not']} that do not, {counts['written']} that were written; "
          f"{judged} rows of the page: no difference")


if __name__ == "__main__":
    main()
