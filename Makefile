# Daily work, over meson and ninja. `./start` installs what is missing first.
BUILD := build
ASAN := build-asan
TSAN := build-tsan
FUZZ := build-fuzz
MESON := meson

.PHONY: all test test-quick bench install format lint fuzz clean

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	$(MESON) setup $(BUILD)

install: all
	DESTDIR=$(DESTDIR) $(MESON) install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD) $(ASAN) $(TSAN) $(FUZZ)
