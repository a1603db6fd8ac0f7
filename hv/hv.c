/* SPDX-License-Identifier: MIT */
#include "hv/hv.h"

#include "lib/page.h"

const struct hv *const hv_backends[] = {&hv_svm, &hv_vmx, NULL};

void hv_note_page_fault(struct hv_exit *exit, uint64_t error, uint64_t address)
{
	exit->error = error;
	exit->address = address;
	exit->store = error & PF_W;
	exit->user = error & PF_U;
	exit->fetch = error & PF_ID;
}

const struct hv *hv_select(void)
{
	for (unsigned i = 0; hv_backends[i]; i++)
		if (hv_backends[i]->present())
			return hv_backends[i];
	return NULL;
}
