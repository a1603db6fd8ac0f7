# SPDX-License-Identifier: MIT
#
# Tests of what runs without a VM. Included by the top Makefile; alone: make -f tests/unit/unit.mk TARGET
#
#   host-programs   what the tests below run, so that they may run side by side
#   host-tests      unit tests of model/ and of the findings under ASan and UBSan, and that docs/oracle-rules.md is up to date
#   host-coverage   the same under gcov: at least COVERAGE_MIN per cent of the lines of model/ and scenarios/
#   host-duels      DUELS random programs a vendor on the toy processors of tests/unit/toy
#   host-fuzz       FUZZ_RUNS inputs to the parser and the oracle, the same ones each time
#   build/host/revenant-model    what the oracle says of a program
#   docs/oracle-rules.md         made from model/oracle/rules.c

BUILD        ?= build
HOST         := $(BUILD)/host
HOST_CC      ?= gcc
FUZZ_CC      ?= clang
COVERAGE_MIN ?= 95
FUZZ_RUNS    ?= 100000
DUELS        ?= 1000000

HOST_CFLAGS   := -std=gnu11 -O1 -g -Wall -Wextra -Werror -Wundef -Wshadow -Wvla -Wstrict-prototypes \
		 -Wmissing-prototypes -I. -MMD -MP
HOST_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
# Which test says what failed is worth more here than a fast end.
HOST_ENV      := ASAN_OPTIONS=abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1

HOST_MODEL     := $(sort $(wildcard model/*/*.c))
HOST_TOY       := $(sort $(wildcard tests/unit/toy/*.c))
HOST_UNIT      := $(sort $(wildcard tests/unit/*.c)) $(HOST_TOY) vmm/check_request.c tests/tools/results.c tests/tools/vendor_caps.c tests/tools/missed.c plan/case.c plan/finding.c plan/verdict.c
HOST_SCENARIOS := $(sort $(wildcard scenarios/*.c))
host_objects    = $(patsubst %,$(HOST)/$(1)/%.o,$(2))

.PHONY: host-programs host-tests host-coverage host-duels host-fuzz
host-programs: $(addprefix $(HOST)/,unit unit-covered revenant-model rules-doc fuzz corpus-writer)
host-tests: $(HOST)/unit $(HOST)/revenant-model $(HOST)/oracle-rules.md
	$(HOST_ENV) timeout 300 $(HOST)/unit
	@cmp $(HOST)/oracle-rules.md docs/oracle-rules.md || \
		{ echo 'docs/oracle-rules.md is out of date: make docs/oracle-rules.md'; exit 1; }

# ---- one directory of objects for each way of compiling ----
$(HOST)/sanitized/%.c.o: %.c tests/unit/unit.mk
	@mkdir -p $(@D)
	$(HOST_CC) $(HOST_CFLAGS) $(HOST_SANITIZE) -c -o $@ $<

$(HOST)/covered/%.c.o: %.c tests/unit/unit.mk
	@mkdir -p $(@D)
	$(HOST_CC) $(HOST_CFLAGS) -O0 --coverage -c -o $@ $<

$(HOST)/fuzzed/%.c.o: %.c tests/unit/unit.mk
	@mkdir -p $(@D)
	$(FUZZ_CC) $(HOST_CFLAGS) -fsanitize=fuzzer-no-link $(HOST_SANITIZE) -c -o $@ $<

$(HOST)/plain/%.c.o: %.c tests/unit/unit.mk
	@mkdir -p $(@D)
	$(HOST_CC) $(HOST_CFLAGS) -c -o $@ $<

$(HOST)/plain/scenarios/text.S.o: scenarios/text.S $(BUILD)/scenarios.txt
	@mkdir -p $(@D)
	$(HOST_CC) -DSCENARIOS_TXT='"$(BUILD)/scenarios.txt"' -c -o $@ $<

# ---- programs ----

$(HOST)/unit: $(call host_objects,sanitized,$(HOST_MODEL) $(HOST_SCENARIOS) $(HOST_UNIT)) $(HOST)/plain/scenarios/text.S.o
	$(HOST_CC) $(HOST_SANITIZE) -o $@ $^ -lcmocka

$(HOST)/unit-covered: $(call host_objects,covered,$(HOST_MODEL) $(HOST_SCENARIOS)) \
		      $(call host_objects,plain,$(HOST_UNIT)) $(HOST)/plain/scenarios/text.S.o
	$(HOST_CC) --coverage -o $@ $^ -lcmocka

$(HOST)/revenant-model: $(call host_objects,plain,$(HOST_MODEL) tests/tools/model.c tests/tools/results.c)
	$(HOST_CC) -o $@ $^

$(HOST)/revenant-generate: $(call host_objects,plain,$(HOST_MODEL) tests/tools/random-programs.c tests/tools/missed.c tests/tools/vendor_caps.c)
	$(HOST_CC) -o $@ $^

$(HOST)/revenant-corpus: $(call host_objects,plain,$(HOST_MODEL) tests/tools/choose-corpus.c tests/tools/vendor_caps.c)
	$(HOST_CC) -o $@ $^

$(HOST)/duels: $(call host_objects,plain,$(HOST_MODEL) $(HOST_TOY) tests/tools/duels.c tests/tools/results.c)
	$(HOST_CC) -o $@ $^

$(HOST)/revenant-scenarios: $(call host_objects,plain,$(HOST_MODEL) $(HOST_SCENARIOS) plan/verdict.c tests/tools/scenarios.c)
	$(HOST_CC) -static -o $@ $^ # it goes into bundles (lab/dist.sh), too

$(HOST)/rules-doc: $(call host_objects,plain,model/lang/host_events.c model/oracle/host_rules.c model/oracle/rules.c tests/tools/rules-doc.c)
	$(HOST_CC) -o $@ $^

$(HOST)/fuzz: $(call host_objects,fuzzed,$(HOST_MODEL) $(HOST_SCENARIOS) tests/fuzz/fuzz.c)
	$(FUZZ_CC) -fsanitize=fuzzer $(HOST_SANITIZE) -o $@ $^

$(HOST)/corpus-writer: $(call host_objects,plain,$(HOST_MODEL) $(HOST_SCENARIOS) tests/fuzz/corpus.c) $(HOST)/plain/scenarios/text.S.o
	$(HOST_CC) -o $@ $^

# ---- documentation ----
$(HOST)/oracle-rules.md: $(HOST)/rules-doc
	$(HOST)/rules-doc > $@

docs/oracle-rules.md: $(HOST)/oracle-rules.md
	cp $< $@

# ---- coverage: lines of model/ and scenarios/ that the unit tests run ----
host-coverage: $(HOST)/unit-covered
	@find $(HOST)/covered -name '*.gcda' -delete
	@timeout 300 $(HOST)/unit-covered > $(HOST)/coverage.log 2>&1 || { tail -n 40 $(HOST)/coverage.log; exit 1; }
	@gcov -n $$(find $(HOST)/covered -name '*.gcda') | \
	awk -v min=$(COVERAGE_MIN) \
		'/^File/ { file = $$2; gsub("\047", "", file) } \
		 /^Lines executed/ && file ~ /^(model|scenarios)\// { \
			split($$0, part, /[:% ]+/); \
			printf "%6.2f %% of %4d lines  %s\n", part[3], part[5], file; \
			lines += part[5]; run += part[3] * part[5] / 100; file = "" } \
		 END { if (!lines) { print "gcov found no lines"; exit 1 } \
			figure = 100 * run / lines; \
			printf "%6.2f %% of %4d lines  model/ and scenarios/, at least %d %% wanted\n", figure, lines, min; \
			exit figure < min }'

# ---- more random programs than the unit tests have the time for ----
host-duels: $(HOST)/duels
	$(HOST)/duels amd $(DUELS)
	$(HOST)/duels intel $(DUELS)

# ---- fuzzing: the same inputs each time, from the scenarios ----
host-fuzz: $(HOST)/fuzz $(HOST)/corpus-writer
	@rm -rf $(HOST)/fuzzing && mkdir -p $(HOST)/fuzzing/corpus
	$(HOST)/corpus-writer $(HOST)/fuzzing
	cd $(HOST)/fuzzing && { timeout 600 ../fuzz -runs=$(FUZZ_RUNS) -seed=1 -max_len=600 -timeout=10 \
		-dict=words -verbosity=0 -print_final_stats=1 -artifact_prefix=failed- corpus > log 2>&1 || \
		{ tail -n 60 log; exit 1; }; }
	@grep -E 'seed corpus|number_of_executed_units' $(HOST)/fuzzing/log

-include $(shell find $(HOST) -name '*.d' 2>/dev/null)
