# Daily work, over meson and ninja. `./start` installs what is missing first.
BUILD := build
ASAN  := build-asan
TSAN  := build-tsan
FUZZ  := build-fuzz
SECONDS := 60
comma := ,

C_FILES := $(shell find src bench -name '*.[ch]' 2>/dev/null)

.PHONY: build test test-quick bench bench-search accuracy screenshots install format lint fuzz clean

build: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

# All tests: as built for users, under the address and undefined behaviour sanitizers, and threads under theirs.
test: build $(ASAN)/build.ninja $(TSAN)/build.ninja
	@ninja -C $(ASAN) --quiet
	@ninja -C $(TSAN) --quiet
	@tests/run

# As built for users only.
test-quick: build
	@tests/run plain

# Side by side with other generators and the floors; the tables go into docs/performance.md.
bench: build
	@ninja -C $(BUILD) --quiet floor_epoll floor_poll floor_uring
	@bench/run --markdown docs/performance.md

# The search beside an exhaustive sweep; its figures go into docs/performance.md by hand.
bench-search: build
	@bench/search

# What is measured against what is known to be true; the table goes into docs/accuracy.md.
accuracy: build
	@bench/accuracy --markdown docs/accuracy.md

# The pictures of the documentation, of the report page in Chromium.
screenshots: build
	node web/screenshots.mjs $(BUILD)/maxq

install: build
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

format:
	clang-format -i $(C_FILES)

lint: build
	clang-format --dry-run -Werror $(C_FILES)
	clang-tidy -p $(BUILD) --quiet $(filter-out %.bpf.c,$(filter %.c,$(C_FILES)))
	cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
	    --suppress=missingIncludeSystem --std=c11 -D_GNU_SOURCE -Isrc -i src/observe/syscalls.bpf.c -i src/observe/python.bpf.c src
	shellcheck start install-packages web/build.sh .ci/run

# Each fuzz target for SECONDS; new inputs go to a copy of the committed corpus.
fuzz: $(FUZZ)/build.ninja
	ninja -C $(FUZZ) --quiet
	for target in http1_request http1_response request response; do \
	    cp -r tests/corpus/$$target $(FUZZ)/corpus_$$target 2>/dev/null; \
	    $(FUZZ)/src/$${target}_fuzz -max_total_time=$(SECONDS) -max_len=8192 $(FUZZ)/corpus_$$target || exit 1; \
	done

# meson tells its errors on standard output, amid much else.
setup = mkdir -p $(@D) && meson setup $(@D) $(1) >$(@D)/setup.log || { grep ERROR $(@D)/setup.log >&2; rm -rf $(@D); exit 1; }; \
    sed -n 's/.*WARNING: no BPF/no BPF/p' $(@D)/setup.log >&2

$(BUILD)/build.ninja:
	@$(call setup)

$(ASAN)/build.ninja:
	@$(call setup,-Db_sanitize=address$(comma)undefined -Db_lundef=false)

$(TSAN)/build.ninja:
	@$(call setup,-Db_sanitize=thread -Db_lundef=false)

$(FUZZ)/build.ninja:
	@CC=clang; export CC; $(call setup,-Dfuzz=true -Db_sanitize=address$(comma)undefined -Db_lundef=false)

clean:
	rm -rf $(BUILD) $(ASAN) $(TSAN) $(FUZZ)
