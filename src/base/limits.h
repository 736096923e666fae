/*
 * limits.h - every cap, in one place, each with its reason.
 *
 * Sizes that come from outside are checked against these before anything is allocated.
 */
#ifndef OFFGRID_BASE_LIMITS_H
#define OFFGRID_BASE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* JSON: deeper nesting than this is an attack or a mistake; real schemas stay under 30. */
#define LIMIT_JSON_DEPTH 128
/* One JSON document from a client or upstream: a 1 M token conversation with images is about 32
 * MiB. */
#define LIMIT_JSON_BYTES (64 * MIB)
/* HTTP: a request's line and headers (agents send tokens of some KiB), headers in number, a body
 * either way (one JSON document), connections at once. */
#define LIMIT_HTTP_HEAD_BYTES  (64 * KIB)
#define LIMIT_HTTP_HEADERS     128
#define LIMIT_HTTP_BODY_BYTES  LIMIT_JSON_BYTES
#define LIMIT_HTTP_CONNECTIONS 4096
/* Bytes waiting for a client that does not read, after which a stream should pause; and after which
 * the client is given up. */
#define LIMIT_HTTP_WAITING_BYTES (256 * KIB)
#define LIMIT_HTTP_UNSENT_BYTES  (2 * LIMIT_HTTP_BODY_BYTES)
/* One server-sent event: a whole answer with an image in it, JSON in JSON. */
#define LIMIT_SSE_EVENT_BYTES (16 * MIB)
/* Bytes of one raw value quoted in an error or a trace. */
#define LIMIT_QUOTE_BYTES 200
/* Any text file that a tool or a config reader takes in whole. */
#define LIMIT_TEXT_FILE_BYTES (16 * MIB)
/* A GGUF file's header: a vocabulary of 256 k strings with its merges is about 15 MiB. */
#define LIMIT_GGUF_HEADER_BYTES (256 * MIB)
/* Keys and tensors of a GGUF file: about 60 keys are usual, and 2,000 tensors in large files. */
#define LIMIT_GGUF_KEYS    16384
#define LIMIT_GGUF_TENSORS 65536
/* Parts of one model: the largest come in about a hundred. */
#define LIMIT_SPLIT_PARTS 999
/* One name or licence out of a model's metadata, as shown. */
#define LIMIT_CARD_TEXT_BYTES (3 * KIB)
/* Numbers of a model's shape: more layers, or a width beyond this, no model has. */
#define LIMIT_MODEL_LAYERS 1024
#define LIMIT_MODEL_NUMBER ((uint64_t)1 << 17)
/* Cache of one token: the most wasteful models need 4 MiB. */
#define LIMIT_CELL_BYTES ((uint64_t)1 << 32)
/* The longest context we reckon with. */
#define LIMIT_CONTEXT_TOKENS ((uint64_t)16 << 20)
/* Room on disk that a download leaves alone. */
#define LIMIT_DISK_KEPT_BYTES (64 * MIB)
/* Models on one machine, entries of one folder and of all folders looked at to find them. */
#define LIMIT_MODEL_FILES    4096
#define LIMIT_FOLDER_ENTRIES 4096
#define LIMIT_SCAN_ENTRIES   100000
/* A path, or what a link holds. */
#define LIMIT_LINK_BYTES 4096
/* Settings and manifests of other programs: a few KiB are usual. */
#define LIMIT_FOREIGN_JSON_BYTES (1 * MIB)
/* A GGUF file that we write ourselves, built in memory: generated test models are under 1 MiB, with
 * a real vocabulary of 262 k tokens 90 MiB. */
#define LIMIT_GGUF_WRITE_BYTES (128 * MIB)
/* One answer of a model: 128 k tokens of 6 bytes, with room. */
#define LIMIT_ANSWER_BYTES (4 * MIB)
/* Answers kept with their prompts so that they are not rendered again: a few sessions beside each
 * other, each with its latest turns. */
#define LIMIT_ANSWERS_KEPT  ((size_t)24)
#define LIMIT_ANSWERS_BYTES ((size_t)(64 * MIB))
/* What an engine has said of one answer while its reader did not read: 60 k tokens, or 10 k with 20
 * log probabilities each. */
#define LIMIT_HELD_BYTES (8 * MIB)
/* Log probabilities of one answer as JSON: 16 k tokens with 20 others beside each; more can be
 * streamed. */
#define LIMIT_LOGPROBS_BYTES (32 * MIB)
/* States that an engine keeps to return to (engine/checkpoint.h), all lanes together, where memory
 * is free for them: one takes 2 MiB for a small hybrid model, 60 to 230 MiB for one of 35 B. */
#define LIMIT_CHECKPOINT_BYTES (2 * GIB)
/* A rendered prompt: 1 M tokens of 4 bytes. */
#define LIMIT_PROMPT_BYTES (8 * MIB)
/* Prompts in one request for completions, answered one after the other. */
#define LIMIT_PROMPTS 128
/* Tools in one request; clients send up to about 100. */
#define LIMIT_TOOLS 1024
/* Texts that one request wants vectors of: as many as OpenAI's API takes; and what is written of
 * their vectors: about so many of 2500 numbers. */
#define LIMIT_EMBED_INPUTS  2048
#define LIMIT_VECTORS_BYTES LIMIT_JSON_BYTES
/* Calls in one answer; more is a loop. */
#define LIMIT_CALLS 64
/* Calls in one message of a conversation that a client sends: results are matched to them pair by
 * pair. */
#define LIMIT_CALLS_IN_MESSAGE 256
/* API keys that a server knows: one a person or program. */
#define LIMIT_CLIENT_KEYS 256
/* Messages in one conversation. */
#define LIMIT_MESSAGES 100000
/* A chat template: the longest in use has 20 KiB; GGUF files may hold several in one. */
#define LIMIT_JINJA_TEMPLATE_BYTES (1 * MIB)
/* Open brackets and nested statements in a template: real ones have under 20. */
#define LIMIT_JINJA_BRACKETS 200
/* Nesting while rendering (expressions, blocks, macros, printed data together): real templates stay
 * under 150; all of it takes less than 512 KiB of stack. */
#define LIMIT_JINJA_DEPTH 1000
/* Steps of one render: 100,000 messages at 500 steps; takes a few seconds. */
#define LIMIT_JINJA_STEPS 50000000
/* Memory of one render: a prompt at its cap, copied through macros and joins a dozen times. */
#define LIMIT_JINJA_BYTES (256 * MIB)
/* One probe of a template, of which there are some thirty when a model is loaded: real ones take
 * under 20,000 steps, and the longest preamble has 10 KiB. */
#define LIMIT_PROBE_STEPS 300000
/* Schemas inside of schemas that are made plain for a template; deeper ones are left as they are.
 */
#define LIMIT_PLAIN_SCHEMA_DEPTH 32
#define LIMIT_PROBE_BYTES        (16 * MIB)
#define LIMIT_PROBE_TEXT_BYTES   (256 * KIB)

/* Names that one listing of a folder tells a model; more help nobody. */
#define LIMIT_LIST_NAMES 2000
/* Up to so many names, a listing opens up the folders in it. */
#define LIMIT_LIST_OPENED 100
/* Matches that one search tells, bytes of a line it shows, the largest file it opens, entries it
 * walks. */
#define LIMIT_SEARCH_MATCHES    200
#define LIMIT_SEARCH_LINE_BYTES 240
#define LIMIT_SEARCH_FILE_BYTES (4 * MIB)
#define LIMIT_SEARCH_ENTRIES    200000
/* A diff of one tool call that is shown and recorded. */
#define LIMIT_TOOL_DIFF_BYTES (64 * KIB)
/* The picture of a working directory before and after a run: entries looked at, the largest file
 * whose text is kept for a diff and all of them together, the same for what is only hashed, and
 * all diffs of one receipt. */
#define LIMIT_SNAPSHOT_ENTRIES    50000
#define LIMIT_SNAPSHOT_TEXT_BYTES (256 * KIB)
#define LIMIT_SNAPSHOT_KEPT_BYTES (8 * MIB)
#define LIMIT_SNAPSHOT_HASH_BYTES (1 * MIB)
#define LIMIT_SNAPSHOT_READ_BYTES (64 * MIB)
#define LIMIT_SNAPSHOT_DIFF_BYTES (1 * MIB)
/* Claims read out of one final text. */
#define LIMIT_CLAIMS 64
/* All context files (AGENTS.md, CLAUDE.md) together: about 8 k tokens. */
#define LIMIT_CONTEXT_FILE_BYTES (32 * KIB)

/* Bytes kept of one record of a trace, and records kept: enough to see any request whole, not to
 * fill a disk. */
#define LIMIT_TRACE_TEXT_BYTES (256 * KIB)
#define LIMIT_TRACE_RECORDS    10000
/* Traces kept in the store: a busy day of one person. */
#define LIMIT_TRACES_KEPT 2000
/* Answers that later requests may go on from: in number and bytes, and with its request the largest
 * that is kept: a conversation is a chain of some hundred, images make them large. */
#define LIMIT_ANSWERS_STORED       4096
#define LIMIT_ANSWERS_STORED_BYTES (512 * MIB)
#define LIMIT_ANSWER_STORED_BYTES  (32 * MIB)
/* Requests that wait to be written down: a disk slower than this many is waited for. */
#define LIMIT_STORE_WAITING 4096

/* Schema decoder. One regular expression, and the states of the automaton it may become: real ones
 * take under 100 bytes and 300 states. */
#define LIMIT_PATTERN_BYTES  (4 * KIB)
#define LIMIT_PATTERN_STATES ((size_t)8192)
/* Values that one grammar tells apart; 60 tools of 100 kB schemas make about 3000. */
#define LIMIT_SCHEMA_NODES ((size_t)65536)
/* Bytes of all enum values of one schema, and members or items that one of its parts names. */
#define LIMIT_SCHEMA_WORDS_BYTES (1 * MIB)
#define LIMIT_SCHEMA_MEMBERS     ((size_t)1024)
/* Ways in which the anyOf and oneOf of one part may be combined. */
#define LIMIT_SCHEMA_WAYS ((size_t)256)
/* A value being written: 8-byte words of its open brackets (4 and more each, so nesting stays below
 * what js_parse takes), and alternatives followed at once. */
#define LIMIT_SCHEMA_STACK_WORDS 480
#define LIMIT_SCHEMA_BRANCHES    64
/* White space in a row between two tokens of JSON, where any is allowed. */
#define LIMIT_SCHEMA_BLANKS 40
/* Guides kept for the next request of a session, and their bytes in all: sixty tools of 100 kB take
 * about one MiB. */
#define LIMIT_GUIDES_KEPT  ((size_t)16)
#define LIMIT_GUIDES_BYTES (32 * MIB)
/* Notes kept about what is not enforced. */
#define LIMIT_SCHEMA_NOTES ((size_t)200)

#endif
