/* SPDX-License-Identifier: MIT */
/* The capabilities that a vendor's machines can have. */
#ifndef TESTS_TOOLS_VENDOR_CAPS_H
#define TESTS_TOOLS_VENDOR_CAPS_H

#include "model/lang/caps.h"
#include "model/oracle/rules.h"

struct caps vendor_caps(enum vendor vendor);

#endif
