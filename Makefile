# The front door: short names over meson and ninja. `make help` lists them.
# LLAMA=cuda|vulkan|source chooses another libllama (see tools/llama) and builds beside, in build-cuda and so on.
BUILD ?= build$(if $(LLAMA),-$(LLAMA))
PREFIX ?= /usr/local
MESON_FLAGS ?=
SECONDS_EACH ?= 60
configure = . tools/homebrew.sh && $(COMPILER) meson setup $(if $(LLAMA),-Dllama=$(LLAMA)) $(MESON_FLAGS)
export LLAMA

.PHONY: asan bench build check clean fuzz help install lint model run setup test test-clients test-families tsan

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## install what is missing to build (says what and why; nothing missing: nothing done)
	@tools/setup build
	@tools/llama

model: setup ## fetch the starter model, 98 MB, if it is not there
	@tools/model

$(BUILD)/build.ninja: | setup
	$(configure) $(BUILD)

build: setup $(BUILD)/build.ninja ## build the program: build/offgrid
	@ninja -C $(BUILD) -n 2>/dev/null | grep -q 'no work to do' || ninja -C $(BUILD)

run: build model ## see it work: the starter model changes a file (TASK="..." MODEL=... TAUGHT=0)
	@OFFGRID=$(BUILD)/offgrid tools/run

check: build ## unit tests: no model, no network, under ten seconds
	meson test -C $(BUILD) --no-rebuild --suite unit --print-errorlogs

test: build model ## every test, with the starter model on a real disk
	@tools/setup test
	@tools/vocab
	meson test -C $(BUILD) --no-rebuild --print-errorlogs

test-clients: build ## the real programs on every delivery, with and without guard rails (CLIENTS=pi,codex MODES=script)
	@tools/setup test
	OFFGRID=$(BUILD)/offgrid tests/clients/all

test-families: build ## a hundred calls demanded of random weights in each family's format, vocabulary, architecture
	@tools/vocab
	meson test -C $(BUILD) --no-rebuild --benchmark --suite families --verbose

lint: build build-clang/build.ninja ## module rules, layout, static analysis, both compilers (ALL=1: every file)
	@tools/setup lint
	ninja -C build-clang
	tools/lint $(if $(ALL),--all)

asan: build-asan/build.ninja ## unit tests under the address and undefined behaviour sanitizers
	ninja -C build-asan
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 meson test -C build-asan --no-rebuild --suite unit --print-errorlogs --timeout-multiplier 4

tsan: build-tsan/build.ninja ## unit tests under the thread sanitizer
	ninja -C build-tsan
	meson test -C build-tsan --no-rebuild --suite unit --print-errorlogs --timeout-multiplier 8

fuzz: build-fuzz/build.ninja ## every decoder fed with garbage, SECONDS_EACH=60 seconds each
	@tools/setup lint
	ninja -C build-fuzz
	tools/fuzz build-fuzz $(SECONDS_EACH)

bench: build model ## figures against the peers, as ratios (builds the peers first: slow, once)
	@tools/setup bench
	bench/run $(BUILD)/offgrid "$$(tools/llama --build-tools)"

install: build ## install under PREFIX (DESTDIR is honoured): program, libllama beside it, data
	@[ "$$(cat $(BUILD)/prefix 2>/dev/null || echo /usr/local)" = "$(PREFIX)" ] || \
		{ meson configure -Dprefix="$(PREFIX)" $(BUILD) && echo "$(PREFIX)" >$(BUILD)/prefix; }
	meson install -C $(BUILD)

clean: ## remove what was built
	rm -rf build build-*

build-clang/build.ninja build-fuzz/build.ninja: COMPILER = CC=clang

build-clang/build.ninja: | setup
	@tools/setup lint
	$(configure) build-clang

# gcc sees null formats that are not there when it also sanitizes: warnings are errors in the other builds.
build-asan/build.ninja: | setup
	$(configure) -Dwerror=false -Db_sanitize=address,undefined build-asan

build-tsan/build.ninja: | setup
	$(configure) -Dwerror=false -Db_sanitize=thread build-tsan

build-fuzz/build.ninja: | setup
	@tools/setup lint
	$(configure) -Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=true build-fuzz
