/* SPDX-License-Identifier: MIT */
#include "kernel/vmm.h"

#include "lib/port.h"

bool vmm_present(void)
{
	static enum { UNKNOWN, OURS, ANOTHER } which;

	if (which == UNKNOWN)
		which = inl(VMM_PORT) == VMM_MAGIC ? OURS : ANOTHER;
	return which == OURS;
}

enum vmm_status vmm_ask(struct vmm_request *request)
{
	request->status = VMM_PENDING;
	outl(VMM_PORT, (uint32_t)(uintptr_t)request);
	return (enum vmm_status)__atomic_load_n(&request->status, __ATOMIC_ACQUIRE);
}

uint32_t vmm_features(void)
{
	struct vmm_request ask = {.op = VMM_FEATURES};

	return vmm_present() && vmm_ask(&ask) == VMM_DONE ? (uint32_t)ask.result : 0;
}

bool vmm_write(const char *text, size_t length)
{
	struct vmm_request ask = {.op = VMM_WRITE, .argument = {(uintptr_t)text, length}};

	return vmm_ask(&ask) == VMM_DONE;
}
