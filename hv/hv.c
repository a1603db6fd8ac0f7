/* SPDX-License-Identifier: MIT */
#include "hv/hv.h"

const struct hv *const hv_backends[] = {&hv_svm, &hv_vmx, NULL};

const struct hv *hv_select(void)
{
	for (unsigned i = 0; hv_backends[i]; i++)
		if (hv_backends[i]->present())
			return hv_backends[i];
	return NULL;
}
