# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# make dist and make install: the bundle on a machine without compilers, and installed where it cannot be written.

bundle() {
	local home=$work/prefix/lib/revenant revenant=$work/prefix/bin/revenant bare=$work/bare program as=()
	((EUID != 0)) || as=(setpriv --reuid 65534 --clear-groups)
	expect 'bundle: make install' 0 -- make -s install PREFIX="$work/prefix" || return
	! find "$home" -type f -perm /111 -exec file {} + | grep 'dynamically linked' >"$work/out"
	report 'bundle: all that is compiled is static' $? "$work/out"
	mkdir "$bare"
	ln -s /usr/bin/* /usr/sbin/* "$bare/" 2>/dev/null
	for program in gcc cc g++ clang make ld as objcopy readelf; do rm -f "$bare/$program"; done
	chmod 755 "$work" && chmod -R a-w "$home"
	expect 'bundle: list' 0 '^linear.invlpg.l1/load' -- env PATH="$bare" "$revenant" --no-install --list 'linear.invlpg.*'
	printf 'scenario a: T\n\tload w0 frsh\n' >"$work/bad.scn"
	expect 'bundle: scenarios' 2 'bad.scn:1: a: expected' -- \
		env PATH="$bare" "$revenant" --no-install --host tcg --scenarios "$work/bad.scn"
	expect 'bundle: a run, as nobody' 0 '^ *ok 1 linear.invlpg.l1/load' -- "${as[@]}" \
		env HOME=/nonexistent PATH="$bare" "$revenant" --no-install --host tcg linear.invlpg.l1/load
	make -s dist >/dev/null && sha256sum build/revenant-*.tar.gz >"$work/sum" && rm build/revenant-*.tar.gz &&
		make -s dist >/dev/null && sha256sum --check --status "$work/sum"
	report 'bundle: the same again' $?
	chmod -R u+w "$home"
}
