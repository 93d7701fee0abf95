# SPDX-License-Identifier: Apache-2.0
# A thin front to meson: `make`, `make run`, `make test`, `make bench`, `make install`.
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: all build run test test-unit test-integration test-vm check bench bench-images fuzz install clean format tidy

all: build

$(BUILD)/build.ninja:
	@tools/install-packages build
	@meson setup $(BUILD) --prefix $(PREFIX) -Dtests=false >$(BUILD).log 2>&1 || { cat $(BUILD).log; rm -rf $(BUILD); exit 1; }
	@mv $(BUILD).log $(BUILD)/setup.log

build: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

# The main job: an image from busybox-static, a container from it, no daemon, no registry.
run: build
	@tools/install-packages run
	@tools/first-light $(BUILD)/src

test: build
	@tools/install-packages run test
	@tools/run-tests $(BUILD)

test-unit test-integration check: build
	@tools/install-packages run test
	@tools/run-tests $(BUILD) $@

# The integration suites in a throw-away machine with systemd and cgroup v2 (tools/test-vm says which).
test-vm: build
	@tools/test-vm $(BUILD)

bench: build
	@bench/run $(BUILD)/src
	@bench/logs.sh $(BUILD)/src

# Images: its own section of bench/RESULTS.md (bench/images.sh).
bench-images: build
	@tools/install-packages bench
	@BENCH_CACHE=$(BUILD)/bench-cache bench/images.sh $(BUILD)/src

fuzz:
	@tools/fuzz

# clang-tidy over the whole tree (.clang-tidy says which checks).
tidy: build
	@tools/install-packages test
	@tools/check-tidy $(BUILD)

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

# The prefix is compiled in (where the helper programs are), so another one than the build's is built first.
install: build
	@meson introspect $(BUILD) --buildoptions | tr '{' '\n' | grep -q '"name": "prefix", "value": "$(PREFIX)"' || \
		meson configure $(BUILD) -Dprefix=$(PREFIX) >/dev/null
	@ninja -C $(BUILD) --quiet >$(BUILD)/install.log || { cat $(BUILD)/install.log; exit 1; }
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild --quiet

clean:
	@rm -rf build build.log
