#!/bin/sh
# SPDX-License-Identifier: MIT
#
# inner-vm.sh SMP ARGS
#
# Starts the image as a guest of the KVM of an emulated host; runs inside it, in /job.

exec /qemu/qemu-system-x86_64 -L /qemu/share -M q35 -enable-kvm -cpu host -smp "$1" -m 256 \
	-nodefaults -display none -serial stdio -no-reboot -kernel ./image -append "$2"
