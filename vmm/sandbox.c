/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "vmm/sandbox.h"

#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmm/common.h"

#define NOBODY 65534

/* The guest's exits and events, locks and threads, and the end. */
static const int allowed[] = {
	SYS_ioctl,
	SYS_write,
	SYS_futex,
	SYS_tgkill,
	SYS_getpid,
	SYS_rt_sigreturn,
	SYS_rt_sigprocmask,
	SYS_nanosleep,
	SYS_clock_nanosleep,
	SYS_sched_setaffinity,
	SYS_exit_group,
	SYS_exit,
	SYS_mmap,
	SYS_munmap,
	SYS_madvise,
	SYS_mprotect,
	SYS_fallocate,
	SYS_lseek,
	SYS_pread64,
	SYS_pwrite64,
	SYS_restart_syscall,
	SYS_close,
	SYS_writev,
	SYS_gettid,
};

enum { NR_ALLOWED = sizeof(allowed) / sizeof(allowed[0]) };

#define LOAD(field)    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(k) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), 0, 1)
#define RETURN(what)   BPF_STMT(BPF_RET | BPF_K, (what))

static void filter_calls(void)
{
	struct sock_filter code[2 * NR_ALLOWED + 8];
	struct sock_fprog program = {.filter = code};
	unsigned n = 0;

	code[n++] = (struct sock_filter)LOAD(arch);
	code[n++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	code[n++] = (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS);
	code[n++] = (struct sock_filter)LOAD(nr);
	for (unsigned i = 0; i < NR_ALLOWED; i++) {
		code[n++] = (struct sock_filter)SKIP_UNLESS((unsigned)allowed[i]);
		code[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	}
	code[n++] = (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS);
	program.len = (unsigned short)n;
	/* A small host kernel may have none. */
	(void)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
}

void sandbox_enter(void)
{
	if (!getuid()) {
		(void)!setgroups(0, NULL);
		(void)!setresgid(NOBODY, NOBODY, NOBODY);
		(void)!setresuid(NOBODY, NOBODY, NOBODY);
	}
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	filter_calls();
}
