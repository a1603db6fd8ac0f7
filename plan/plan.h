/* SPDX-License-Identifier: MIT */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

/* Reads the command line, runs the cases that it asks for, and ends the VM with their status. */
_Noreturn void plan_run(void);

#endif
