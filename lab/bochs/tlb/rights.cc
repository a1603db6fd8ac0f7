/* SPDX-License-Identifier: MIT */
#include "rights.h"

namespace tlb
{

bool nested_suffices(uint32_t rights, const access &access)
{
	if (access.fetch)
		return rights & R_NESTED_EXECUTE;
	if (!access.write)
		return rights & R_NESTED_READ;
	return (rights & R_NESTED_WRITE) && (!access.nested_dirty || (rights & R_NESTED_DIRTY));
}

/* Protection keys are for data of user pages (SDM vol. 3, 5.6.2 Protection Keys). */
static bool key_denies(uint32_t rights, unsigned key, const access &access)
{
	uint32_t bits = access.pkru >> (2 * key);

	if (access.fetch || !(rights & R_USER))
		return false;
	return (bits & 1) || ((bits & 2) && access.write && (access.user || access.wp));
}

bool suffices(uint32_t rights, unsigned key, const access &access)
{
	bool user_page = rights & R_USER;

	if (!nested_suffices(rights, access) || key_denies(rights, key, access))
		return false;
	if (access.user && !user_page)
		return false;
	if (access.fetch)
		return !(rights & R_NO_EXECUTE) && (access.user || !access.smep || !user_page);
	if (!access.user && access.smap && user_page)
		return false;
	if (!access.write)
		return true;
	return (rights & R_DIRTY) && ((rights & R_WRITE) || (!access.user && !access.wp));
}

} // namespace tlb
