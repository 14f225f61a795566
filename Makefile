# SPDX-License-Identifier: GPL-2.0
#
# The module is built by the kernel's own build (Kbuild); this file builds user space and calls the tools.
# Everything that is built lands below build/.

ifneq ($(word 2,$(CURDIR)),)
$(error the path "$(CURDIR)" contains a space: the kernel's build cannot work there)
endif

# ---- what a caller may set ----------------------------------------------------------------------

KERNELS	?= 6.1 6.12# kernels for modules and check
KERNEL	?= 6.12# kernel for vm and demo
PREFIX	?= /usr/local
SBINDIR	?= $(PREFIX)/sbin
MANDIR	?= $(PREFIX)/share/man
COMPDIR	?= $(PREFIX)/share/bash-completion/completions
INCDIR	?= $(PREFIX)/include
UNITDIR	?= $(PREFIX)/lib/systemd/system
DOCDIR	?= $(PREFIX)/share/doc/espudp
SRCDIR	?= /usr/src
CFLAGS	?= -O2 -g
WERROR	?= -Werror
ifeq ($(origin CC),default)
CC	= gcc
endif
ROOMS	?= $(patsubst ike-helper/%/,%,$(filter-out %/tests/,$(wildcard ike-helper/*/)))
TESTS	?= *

export KERNELS WERROR V

comma	= ,
Q	= $(if $(V),,@)
say	= $(if $(V),@:,@printf '  %-8s%s\n' '$1' '$2')

# ---- sources ------------------------------------------------------------------------------------

# Everything below ike-helper/ but its tests and main.c is a library, for the daemon and for the tests.
# ROOMS="wire crypto" limits it, and TESTS='wire*' the tests, while other rooms do not build.
helper_lib	:= $(sort $(wildcard $(foreach r,$(ROOMS),ike-helper/$r/*.c ike-helper/$r/*/*.c)))
helper_main	:= $(wildcard ike-helper/*.c)
helper_support	:= $(filter-out $(wildcard ike-helper/tests/test_*.c ike-helper/tests/fuzz_*.c),\
		   $(wildcard ike-helper/tests/*.c))
helper_tests	:= $(wildcard ike-helper/tests/test_$(TESTS).c)
tool_main	:= $(wildcard tools/espudp/main.c)
tool_lib	:= $(filter-out $(tool_main),$(sort $(wildcard tools/espudp/*.c tools/espudp/[!t]*/*.c)))
tool_tests	:= $(wildcard tools/espudp/tests/test_$(TESTS).c)
tool_support	:= $(filter-out $(wildcard tools/espudp/tests/test_*.c),$(wildcard tools/espudp/tests/*.c))
# The pure files of the module compile in user space too, with a shim for the kernel's headers.
kmod_pure	:= $(wildcard kmod/replay.c kmod/esp.c kmod/inner.c kmod/selector.c)
kmod_support	:= $(wildcard kmod/tests/shim/*.c)
# Their KUnit suites are programs there.
kmod_tests	:= $(wildcard $(patsubst kmod/%.c,kmod/tests/%_test.c,$(kmod_pure)))
sim_sources	:= $(wildcard ike-helper/tests/sim/*.c)
# What takes the place of libcrypto in the simulator.
sim_wrap	= crypto_hash prf_compute prf_plus sk_seal sk_open ke_start ke_group ke_public ke_finish \
		  ke_respond ke_free
# And what breaks messages on purpose.
impair_source	= ike-helper/tests/impair/impair.c
impair_wrap	= engine_new engine_receive protect_seal builder_finish message_parse_inner
self_programs	:= $(wildcard selftests/*.c)

library_sources	= $(helper_lib) $(helper_support) $(tool_lib) $(tool_support) $(kmod_pure) $(kmod_support)
libraries	= build/user/ike-helper.a build/user/espudp.a build/asan/ike-helper.a build/asan/espudp.a \
		  build/asan/kmod.a
objects		= $(patsubst %.c,build/$1/%.o,$2)
helper_bin	:= $(if $(helper_main),build/bin/ike-helper)
tool_bin	:= $(if $(tool_main),build/bin/espudp)
self_bins	:= $(patsubst selftests/%.c,build/selftests/bin/%,$(self_programs))
# And targets of libFuzzer, which takes the place of chance in the random cases.
helper_fuzzers	:= $(wildcard ike-helper/tests/fuzz_*.c)
fuzz_bins	:= $(patsubst %_test.c,build/fuzz/%,$(kmod_tests)) $(patsubst %.c,build/fuzz/%,$(helper_fuzzers))
unit_bins	:= $(patsubst %.c,build/unit/%,$(helper_tests) $(tool_tests) $(kmod_tests))

# ---- flags --------------------------------------------------------------------------------------

packages	= libmnl libssl libcrypto json-c
pkg_cflags	= $(eval pkg_cflags := $$(shell pkg-config --cflags $$(packages)))$(pkg_cflags)
pkg_libs	= $(eval pkg_libs := $$(shell pkg-config --libs $$(packages)))$(pkg_libs)

warnings	= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith \
		  -Wwrite-strings -Wno-unused-parameter -Wno-missing-field-initializers $(WERROR)
base_flags	= -std=gnu11 -D_GNU_SOURCE $(warnings) -MMD -MP $(CPPFLAGS) $(CFLAGS)
sanitizers	= -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Include paths, by the room of the source $1.
room_flags	= $(strip $(if $(filter ike-helper/%,$1),-Iike-helper -Iuapi $(pkg_cflags)) \
		  $(if $(filter tools/%,$1),-Itools/espudp -Iuapi $(pkg_cflags)) \
		  $(if $(filter selftests/%,$1),-Iselftests -Iuapi) \
		  $(if $(filter kmod/%,$1),-Ikmod/tests/shim -Ikmod/tests -Ikmod -Iuapi -Wno-sign-compare \
		  -Wno-pointer-arith -Wno-format-zero-length))

fuzzer		= -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -O1 -DSHIM_FUZZ

# In the build for tests libcrypto fails on demand, see the header.
fault		= -include ike-helper/tests/fault.h

compile		= $(CC) $(base_flags) $(call room_flags,$<) $1 -c -o $@ $<
link		= $(CC) $(CFLAGS) $1 $(LDFLAGS) -o $@ $(filter %.o %.a,$^) -Wl,--as-needed $(pkg_libs)

# ---- targets ------------------------------------------------------------------------------------

.PHONY: all
all: module programs

.PHONY: help
help:
	@echo 'make              the module for the running kernel (or the first headers found), and the programs'
	@echo 'make modules      the module for every kernel in KERNELS ("$(KERNELS)"), with W=1 and sparse'
	@echo 'make helper       build/bin/ike-helper'
	@echo 'make tools        build/bin/espudp'
	@echo 'make impair       build/impair/ike-helper, which breaks its messages as $$IMPAIR says (see ike-helper/tests/impair/)'
	@echo 'make unit         unit tests in user space, with sanitizers (ROOMS="wire crypto", TESTS="wire*")'
	@echo 'make sim          two IKE engines in every interleaving, and RUNS random runs from SEED on'
	@echo 'make kunit        the KUnit suites of the module, on a user-mode kernel (built once, some 10 minutes)'
	@echo 'make coverage-helper  the same of ike-helper and its unit tests (ROOMS="engine wire")'
	@echo 'make coverage     lines of the module that KUnit and the selftests run, a file a line (GOAL=90)'
	@echo 'make fuzz         pure files of the module and the helper under libFuzzer (FUZZ_TIME=60, seconds each)'
	@echo 'make uapi         uapi/linux/espudp.h again, from uapi/espudp.yaml'
	@echo 'make demo         what the project is for, on screen in minutes'
	@echo 'make check        every test that gates a change; last line: N passed, N failed, N skipped'
	@echo 'make status       the table in README.md of what works, from the last whole make check (LOGS=build/check)'
	@echo 'make check-kernels  W=1, sparse and a smoke test on Debian 12 and 13 kernels, 6.1 to 7.3'
	@echo 'make check-debug  the selftests on a KASAN and lockdep kernel, and on a KCSAN one (built once, 20 minutes each)'
	@echo 'make vm           a shell in a virtual machine with the module (KERNEL=$(KERNEL))'
	@echo 'make interop      every scenario with strongSwan, libreswan, openiked, old and new (PEERS="..", SCENARIOS="..")'
	@echo 'make bench        workloads beside veth, xfrm and WireGuard (CLOCK=parallel: two processors; BASE=REV; PROFILE=1)'
	@echo 'make bench-ike    what a handshake costs who answers, beside strongSwan (build/bench/ike.json)'
	@echo 'make lint         checkpatch, coccicheck, shellcheck, spelling, man pages, licence lines'
	@echo 'make install      programs, manual pages, completion, header, examples (PREFIX=$(PREFIX), DESTDIR)'
	@echo 'make uninstall    take away what make install brought, with the same PREFIX'
	@echo 'make dkms-install the module for the running kernel and those to come, by DKMS (also dkms-uninstall)'
	@echo 'make dist         build/dist/espudp-$(version).tar.gz, reproducible'
	@echo 'make deb          Debian packages espudp-dkms and espudp-tools in build/deb/'
	@echo 'make check-package  the packages, built and checked; DKMS on the kernels of check-kernels; a life on Debian 12 and 13'
	@echo 'make deps         install the packages that all this needs (as root)'
	@echo 'make clean        remove build/'
	@echo
	@echo 'Variables: KERNELS KERNEL CC CFLAGS LDFLAGS DESTDIR PREFIX, WERROR= (warnings are not errors), V=1'

.PHONY: deps
deps:
	@tools/deps build vm check roots demo lint debug fuzz

.PHONY: programs helper tools selftest-programs impair
programs: helper tools selftest-programs
helper: build/user/ike-helper.a $(helper_bin)
tools: build/user/espudp.a $(tool_bin)
impair: build/impair/ike-helper
selftest-programs: $(self_bins)

# ---- module -------------------------------------------------------------------------------------

.PHONY: module modules
module:
	$(Q)tools/build-module --default

modules:
	$(Q)for kernel in $(KERNELS); do tools/build-module $$kernel || [ $$? -eq 77 ] || exit 1; done

# ---- user space ---------------------------------------------------------------------------------

# A change of compiler or flags rebuilds all.
build/flags: FORCE
	@mkdir -p build
	@echo '$(CC) $(base_flags) $(fault)' | cmp -s - $@ || echo '$(CC) $(base_flags) $(fault)' >$@

# A source that comes or goes makes the libraries anew.
build/sources: FORCE
	@mkdir -p build
	@echo '$(library_sources)' | cmp -s - $@ || echo '$(library_sources)' >$@

build/user/%.o: %.c build/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(compile)

build/asan/%.o: %.c build/flags
	$(call say,CC asan,$<)
	@mkdir -p $(@D)
	$(Q)$(call compile,$(sanitizers) $(fault_flags))

build/asan/ike-helper/crypto/%.o build/asan/ike-helper/auth/%.o: fault_flags = $(fault)

%.a:
	$(call say,AR,$@)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

$(libraries): build/sources
build/user/ike-helper.a: $(call objects,user,$(helper_lib))
build/user/espudp.a: $(call objects,user,$(tool_lib))
build/asan/ike-helper.a: $(call objects,asan,$(helper_support) $(helper_lib))
build/asan/espudp.a: $(call objects,asan,$(tool_support) $(tool_lib))
build/asan/kmod.a: $(call objects,asan,$(kmod_support) $(kmod_pure))

build/bin/ike-helper: $(call objects,user,$(helper_main)) build/user/ike-helper.a
build/bin/espudp: $(call objects,user,$(tool_main)) build/user/espudp.a
build/bin/%:
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(link)

build/selftests/bin/enter: private LDFLAGS += -static
build/selftests/bin/enter: private pkg_libs =
build/selftests/bin/%: build/user/selftests/%.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(link)

build/unit/ike-helper/tests/test_impair: build/asan/$(impair_source:.c=.o) build/asan/ike-helper/tests/sim/cheap.o

build/unit/ike-helper/%: build/asan/ike-helper/%.o build/asan/ike-helper.a
	$(call say,LD asan,$@)
	@mkdir -p $(@D)
	$(Q)$(call link,$(sanitizers) $(addprefix -Wl$(comma)--wrap=,$(wrap_$(@F))))

# The helper that breaks its messages as $IMPAIR says, under sanitizers; it is not installed.
build/impair/ike-helper: $(call objects,asan,$(helper_main) $(impair_source)) build/asan/ike-helper.a
	$(call say,LD asan,$@)
	@mkdir -p $(@D)
	$(Q)$(call link,$(sanitizers) $(addprefix -Wl$(comma)--wrap=,$(impair_wrap)))

build/unit/tools/%: build/asan/tools/%.o build/asan/espudp.a
	$(call say,LD asan,$@)
	@mkdir -p $(@D)
	$(Q)$(call link,$(sanitizers))

build/unit/kmod/%: build/asan/kmod/%.o build/asan/kmod.a
	$(call say,LD asan,$@)
	@mkdir -p $(@D)
	$(Q)$(call link,$(sanitizers))

# The simulator without sanitizers, which is fast, and with them.
build/sim/sim: $(call objects,user,$(sim_sources) ike-helper/tests/simulator.c ike-helper/tests/sim_check.c ike-helper/tests/harness.c) \
		build/user/ike-helper.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(call link,$(sim_wrap:%=-Wl$(comma)--wrap=%))

# Load for make bench-ike.
build/bench/ike: $(call objects,user,$(wildcard ike-helper/tests/bench/*.c)) build/user/ike-helper.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(link)

# Who resolves names is told, for tools/packaging/check-resolvconf.
build/dns/tell: $(call objects,user,ike-helper/tests/dns/tell.c) build/user/ike-helper.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(link)

build/sim/sim-asan: $(call objects,asan,$(sim_sources)) build/asan/ike-helper.a
	$(call say,LD asan,$@)
	@mkdir -p $(@D)
	$(Q)$(call link,$(sanitizers) $(sim_wrap:%=-Wl$(comma)--wrap=%))

# Of the helper: objects apart from each target, as they are many.
fuzz_clang	= clang -std=gnu11 -g -O1 -D_GNU_SOURCE -w -MMD -MP -fno-sanitize-recover=all

build/fuzz/objects/%.o: %.c build/flags
	$(call say,CLANG,$<)
	@mkdir -p $(@D)
	$(Q)$(fuzz_clang) $(call room_flags,$<) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

# Functions whose place the linker gives to those of a target.
wrap_test_impair = $(sim_wrap) $(impair_wrap)
wrap_fuzz_config = file_read file_open include_find sign_key_store
wrap_fuzz_http	= socket connect
wrap_fuzz_control = log_line log_event
wrap_fuzz_session = $(sim_wrap) protect_seal builder_finish

build/fuzz/ike-helper/tests/fuzz_session: build/fuzz/objects/ike-helper/tests/sim/cheap.o

build/fuzz/ike-helper/tests/%: $(call objects,fuzz/objects,ike-helper/tests/%.c $(helper_lib) $(helper_support))
	$(call say,LD fuzz,$@)
	@mkdir -p $(@D)
	$(Q)$(fuzz_clang) -fsanitize=fuzzer,address,undefined -o $@ $^ \
		$(addprefix -Wl$(comma)--wrap=,$(wrap_$(*F))) $(pkg_libs)

build/fuzz/kmod/tests/%: kmod/tests/%_test.c $(kmod_support) $(kmod_pure) build/flags
	$(call say,CLANG,$@)
	@mkdir -p $(@D)
	$(Q)clang -std=gnu11 -g -D_GNU_SOURCE -w $(call room_flags,$<) $(fuzzer) -o $@ \
		$(filter %.c,$^)

.SECONDARY:
-include $(patsubst %.o,%.d,$(wildcard $(foreach k,user asan fuzz/objects,$(call objects,$k,$(helper_lib) $(helper_main) \
	$(wildcard ike-helper/tests/bench/*.c ike-helper/tests/dns/*.c) $(helper_support) $(helper_tests) $(helper_fuzzers) $(sim_sources) $(impair_source) \
	$(tool_main) $(tool_lib) $(tool_tests) $(tool_support) \
	$(kmod_pure) $(kmod_support) $(kmod_tests) $(self_programs)))))

# ---- tests --------------------------------------------------------------------------------------

.PHONY: unit unit-programs kunit coverage fuzz fuzz-programs check status check-debug check-kernels lint
unit-programs: $(unit_bins)

fuzz-programs: $(fuzz_bins)

.PHONY: list-fuzz-programs
list-fuzz-programs:
	@printf '%s\n' $(fuzz_bins)

# For tools/check: one name a line.
.PHONY: list-unit-programs
list-unit-programs:
	@printf '%s\n' $(unit_bins)

unit:
	$(Q)tools/check unit

kunit:
	$(Q)tools/check kunit

coverage:
	$(Q)tools/coverage

# ROOMS="engine wire" is the default.
.PHONY: coverage-helper
coverage-helper:
	$(Q)tools/coverage-helper $(if $(filter command line environment,$(origin ROOMS)),$(ROOMS))

fuzz:
	$(Q)tools/deps fuzz
	$(Q)FUZZ_TIME=$(or $(FUZZ_TIME),60) tools/check fuzz

check: deps
	$(Q)tools/check

status:
	$(Q)tools/status $(LOGS)

check-kernels:
	$(Q)tools/deps build vm check roots
	$(Q)tools/check kernels

check-debug:
	$(Q)tools/check debug kcsan

lint:
	$(Q)tools/check lint

# Two engines against each other: every interleaving to a depth, and RUNS random runs from SEED on.
RUNS	?= 100000
SEED	?= 1
.PHONY: sim sim-programs
sim-programs: build/sim/sim build/sim/sim-asan
sim: build/sim/sim
	$(Q)$< -n $(RUNS) -s $(SEED)

# Other implementations, all of it: PEERS="libreswan-4 libreswan-5", SCENARIOS="rekey*".
.PHONY: interop
interop: programs
	$(Q)tools/deps build vm check roots
	$(Q)tools/build-module $(KERNEL)
	$(Q)selftests/interop/root --all
	$(Q)tools/interop -k $(KERNEL) $(PEERS) $(if $(SCENARIOS),-- $(SCENARIOS))
	$(Q)$(if $(PEERS)$(SCENARIOS),:,tools/vm/run -k $(KERNEL) -n side-by-side -t 900 -m 1536 -- selftests/run interop/side_by_side.sh)

.PHONY: vm demo bench
vm: programs
	$(Q)tools/build-module $(KERNEL)
	$(Q)tools/vm/run -k $(KERNEL) -n shell

demo:
	$(Q)tools/deps build vm demo
	$(Q)$(MAKE) --no-print-directory programs
	$(Q)tools/build-module $(KERNEL)
	$(Q)tools/vm/run -k $(KERNEL) -t 600 -n demo -- tools/demo/scenario

bench:
	$(Q)tools/deps build vm bench
	$(Q)$(MAKE) --no-print-directory programs
	$(Q)tools/build-module $(KERNEL)
	$(Q)tools/bench/run -k $(KERNEL) $(CLOCK:%=-c %) $(if $(BASE),-b $(BASE)) $(if $(PROFILE),-P)

.PHONY: bench-ike
bench-ike: programs build/bench/ike
	$(Q)tools/deps build check bench
	$(Q)tools/bench/ike

# ---- contract -----------------------------------------------------------------------------------

.PHONY: uapi
uapi:
	$(Q)tools/uapi-header

# ---- installation -------------------------------------------------------------------------------

# What is installed: mode, source and destination of each file.
examples	:= $(shell find tools/examples -type f | LC_ALL=C sort)
installed	= $(foreach p,$(helper_bin) $(tool_bin),755:$p:$(SBINDIR)/$(notdir $p)) \
		  $(foreach p,$(wildcard tools/man/*.[1-8]),644:$p:$(MANDIR)/man$(subst .,,$(suffix $p))/$(notdir $p)) \
		  $(foreach p,$(wildcard tools/completion/*),644:$p:$(COMPDIR)/$(notdir $p)) \
		  644:uapi/linux/espudp.h:$(INCDIR)/linux/espudp.h \
		  $(foreach p,ike-helper espudp@,644:build/packaging/systemd/$p.service:$(UNITDIR)/$p.service) \
		  $(foreach p,README.md uapi/espudp.yaml tools/packaging/PACKAGING.md,644:$p:$(DOCDIR)/$(notdir $p)) \
		  $(foreach p,$(examples),644:$p:$(DOCDIR)/$(patsubst tools/%,%,$p))
# And for DKMS: what the module is built of.
version		:= $(shell sed -n 's/^MODULE_VERSION("\(.*\)");$$/\1/p' kmod/main.c)
dkms_tree	= $(SRCDIR)/espudp-$(version)
dkms_sources	:= COPYING Kbuild $(wildcard kmod/Makefile kmod/Kconfig kmod/*.[ch] kmod/compat/*.[ch] kmod/compat/*.mk) \
		   $(shell find kmod/compat/include -type f) uapi/linux/espudp.h
dkms_installed	= $(foreach p,$(sort $(dkms_sources)),644:$p:$(dkms_tree)/$p) \
		  644:build/packaging/dkms.conf:$(dkms_tree)/dkms.conf

# $(call each_file,ROWS,COMMAND): for rows as above, with mode, from and to.
each_file	= for row in $1; do mode=$${row%%:*}; to=$${row\#\#*:}; from=$${row\#*:}; from=$${from%:*}; \
		  $2 || exit 1; done
install_rows	= $(call each_file,$1,install -D -m $$mode $$from $(DESTDIR)$$to)
# Folders that held nothing else go too.
remove_rows	= $(call each_file,$1,rm -f $(DESTDIR)$$to) && \
		  $(foreach d,$2,[ ! -d $(DESTDIR)$d ] || find $(DESTDIR)$d -depth -type d -empty -delete;) :

build/packaging/%: tools/packaging/%.in build/flags kmod/main.c
	@mkdir -p $(@D)
	$(Q)sed 's,@SBINDIR@,$(SBINDIR),; s,@VERSION@,$(version),' $< >$@

.PHONY: install uninstall dkms-install dkms-uninstall install-dkms-sources dist deb check-package
install: helper tools $(filter build/packaging/%,$(subst :, ,$(installed)))
	$(Q)$(call install_rows,$(installed))
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))

uninstall:
	$(Q)$(call remove_rows,$(installed),$(DOCDIR))

# With DESTDIR, as for a package, DKMS itself is not called.
install-dkms-sources: build/packaging/dkms.conf
	$(Q)$(call install_rows,$(dkms_installed))

dkms-install: install-dkms-sources
	$(Q)$(if $(DESTDIR),:,dkms status -m espudp -v $(version) | grep -q . || dkms add -m espudp -v $(version))
	$(Q)$(if $(DESTDIR),:,dkms autoinstall -m espudp/$(version) --kernelver $(or $(KERNELVER),$(shell uname -r)))

dkms-uninstall:
	$(Q)$(if $(DESTDIR),:,! dkms status -m espudp -v $(version) | grep -q . || dkms remove -m espudp -v $(version) --all)
	$(Q)$(call remove_rows,$(dkms_installed),$(dkms_tree))

# The same bytes for the same sources, whoever makes it.
dist:
	$(Q)tools/packaging/dist build/dist

deb:
	$(Q)tools/packaging/deb build/deb

check-package:
	$(Q)tools/deps build vm check roots package
	$(Q)tools/check package installed

.PHONY: clean
clean:
	$(Q)rm -rf build

.PHONY: FORCE
FORCE:
