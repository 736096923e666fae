# The front door: short names over meson and ninja. `make help` lists them.
BUILD ?= build
MESON_FLAGS ?=

.PHONY: build check clean help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

$(BUILD)/build.ninja:
	meson setup $(MESON_FLAGS) $(BUILD)

build: $(BUILD)/build.ninja ## build the program: build/offgrid
	ninja -C $(BUILD)

check: build ## unit tests: no model, no network, under ten seconds
	meson test -C $(BUILD) --no-rebuild --suite unit --print-errorlogs

clean: ## remove what was built
	rm -rf build build-*
