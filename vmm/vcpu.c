/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "vmm/vcpu.h"

#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmm/cpu_model.h"
#include "vmm/dirty_ring.h"
#include "vmm/host_frames.h"
#include "vmm/ports.h"
#include "vmm/vm.h"

#define CR0_PE	  0x1
#define CR0_ET	  0x10
#define CODE_TYPE 0xb /* execute, read, accessed */
#define DATA_TYPE 0x3 /* read, write, accessed */

static struct vcpu {
	int fd;
	struct kvm_run *run;
	pid_t thread;
} vcpus[MAX_VCPUS];
static unsigned nr_vcpus;
static size_t run_size;

/* Held by whoever serves an exit: the guest's exits are served one at a time. */
static pthread_mutex_t serving = PTHREAD_MUTEX_INITIALIZER;

/* Those that are not in KVM_RUN, once somebody wants all of them to stay out of it. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool wanted;
	unsigned inside;  /* vCPUs in KVM_RUN */
	unsigned outside; /* those that wait to enter */
} stop = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static __thread unsigned me;
static __thread void (*then)(void);

unsigned vcpus_number(void)
{
	return nr_vcpus;
}

pid_t vcpu_thread(unsigned vcpu)
{
	return __atomic_load_n(&vcpus[vcpu].thread, __ATOMIC_ACQUIRE);
}

/* "x86/HVM direct boot ABI": flat 32-bit segments, paging off. */
static void set_entry(int fd, struct image_entry entry)
{
	struct kvm_segment code = {.limit = 0xffffffff,
				   .selector = 0x8,
				   .type = CODE_TYPE,
				   .present = 1,
				   .db = 1,
				   .s = 1,
				   .g = 1};
	struct kvm_segment data = code;
	struct kvm_regs regs = {.rip = entry.eip, .rbx = entry.ebx, .rflags = 2};
	struct kvm_sregs sregs;

	data.selector = 0x10;
	data.type = DATA_TYPE;
	must_ioctl(fd, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.ss = sregs.fs = sregs.gs = data;
	sregs.cr0 = CR0_PE | CR0_ET;
	must_ioctl(fd, KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
	must_ioctl(fd, KVM_SET_REGS, &regs, "KVM_SET_REGS");
}

static void create(int kvm, int vm)
{
	const int size = must_ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE");

	for (unsigned i = 0; i < nr_vcpus; i++) {
		struct vcpu *v = &vcpus[i];

		v->fd = must_ioctl(vm, KVM_CREATE_VCPU, (void *)(uintptr_t)i, "KVM_CREATE_VCPU");
		v->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
		if (v->run == MAP_FAILED)
			die("vCPU %u: its state cannot be mapped", i);
		if (vm_has_ring())
			dirty_ring_open(i, v->fd);
		cpu_model_set(kvm, v->fd, i);
	}
	run_size = (size_t)size;
}

void vcpus_create(int kvm, int vm, unsigned nr, struct image_entry entry)
{
	nr_vcpus = nr;
	create(kvm, vm);
	set_entry(vcpus[0].fd, entry);
}

void vcpus_renew(int kvm, int vm)
{
	for (unsigned i = 0; i < nr_vcpus; i++) {
		dirty_ring_close(i);
		munmap(vcpus[i].run, run_size);
		close(vcpus[i].fd);
	}
	create(kvm, vm);
}

void vcpu_complete(unsigned vcpu)
{
	vcpus[vcpu].run->immediate_exit = 1;
	if (!ioctl(vcpus[vcpu].fd, KVM_RUN, NULL) || (errno != EINTR && errno != EAGAIN))
		warn("vCPU %u did not stand still", vcpu);
	vcpus[vcpu].run->immediate_exit = 0;
}

/* A signal that only KVM_RUN lets through is looked at last, behind what KVM has been asked to do
 * first. */
void vcpu_almost_enter(unsigned vcpu)
{
	struct __attribute__((packed)) {
		uint32_t length;
		uint64_t blocked;
	} in_run = {sizeof(uint64_t), 0}; /* struct kvm_signal_mask */
	sigset_t ours, before;

	sigemptyset(&ours);
	sigaddset(&ours, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &ours, &before);
	must_ioctl(vcpus[vcpu].fd, KVM_SET_SIGNAL_MASK, &in_run, "KVM_SET_SIGNAL_MASK");
	syscall(SYS_tgkill, getpid(), vcpu_thread(vcpu), SIGUSR1);
	if (!ioctl(vcpus[vcpu].fd, KVM_RUN, NULL) || errno != EINTR)
		warn("vCPU %u did not stand still", vcpu);
	must_ioctl(vcpus[vcpu].fd, KVM_SET_SIGNAL_MASK, NULL, "KVM_SET_SIGNAL_MASK");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- all of them out of KVM_RUN ---- */

static void enter(void)
{
	pthread_mutex_lock(&stop.lock);
	stop.outside++;
	pthread_cond_broadcast(&stop.changed);
	while (stop.wanted)
		pthread_cond_wait(&stop.changed, &stop.lock);
	stop.outside--;
	stop.inside++;
	pthread_mutex_unlock(&stop.lock);
}

static void leave(void)
{
	pthread_mutex_lock(&stop.lock);
	stop.inside--;
	pthread_cond_broadcast(&stop.changed);
	pthread_mutex_unlock(&stop.lock);
}

/* immediate_exit is for one that is about to enter, the signal for one that is inside. */
static void kick(void)
{
	for (unsigned i = 0; i < nr_vcpus; i++) {
		if (i == me || !vcpu_thread(i))
			continue;
		vcpus[i].run->immediate_exit = 1;
		syscall(SYS_tgkill, getpid(), vcpu_thread(i), SIGUSR1);
	}
}

void vcpus_stop(void)
{
	pthread_mutex_lock(&stop.lock);
	stop.wanted = true;
	kick();
	while (stop.inside)
		pthread_cond_wait(&stop.changed, &stop.lock);
	pthread_mutex_unlock(&stop.lock);
}

/* As vcpus_stop(), but that the others have nothing left to do. Nobody else may want a stop then.
 */
static void gather(void)
{
	pthread_mutex_lock(&stop.lock);
	while (stop.wanted) {
		stop.outside++;
		pthread_cond_broadcast(&stop.changed);
		pthread_cond_wait(&stop.changed, &stop.lock);
		stop.outside--;
	}
	stop.wanted = true;
	kick();
	while (stop.outside < nr_vcpus - 1)
		pthread_cond_wait(&stop.changed, &stop.lock);
	pthread_mutex_unlock(&stop.lock);
}

void vcpus_then(void (*what)(void))
{
	then = what;
}

int vcpu_fd(unsigned vcpu)
{
	return vcpus[vcpu].fd;
}

void vcpus_go(void)
{
	pthread_mutex_lock(&stop.lock);
	for (unsigned i = 0; i < nr_vcpus; i++)
		vcpus[i].run->immediate_exit = 0;
	stop.wanted = false;
	pthread_cond_broadcast(&stop.changed);
	pthread_mutex_unlock(&stop.lock);
}

/* ---- exits ---- */

/* The VM is over. What a reader of the stream wants to know stands in the last line. */
static _Noreturn void end(int status, const char *why, unsigned long long number)
{
	struct kvm_regs regs = {0};

	ioctl(vcpus[me].fd, KVM_GET_REGS, &regs);
	warn("%s %llu (vCPU %u, RIP 0x%llx)", why, number, me, (unsigned long long)regs.rip);
	_exit(status);
}

static void serve(struct kvm_run *run)
{
	switch (run->exit_reason) {
	case KVM_EXIT_IO: ports_serve(me, run); break;
	case KVM_EXIT_MMIO: /* no device there */
		if (!run->mmio.is_write)
			memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
		break;
	case KVM_EXIT_DIRTY_RING_FULL: frames_log_keep(); break;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN: break;
	case KVM_EXIT_SHUTDOWN: end(0, "the VM reset: triple fault,", run->exit_reason);
	case KVM_EXIT_FAIL_ENTRY:
		end(1, "kvm run failed: hardware reason",
		    run->fail_entry.hardware_entry_failure_reason);
	case KVM_EXIT_INTERNAL_ERROR:
		end(1, "KVM internal error. Suberror:", run->internal.suberror);
	default: end(1, "kvm run failed: exit reason", run->exit_reason);
	}
}

static _Noreturn void run_vcpu(void)
{
	struct vcpu *v = &vcpus[me];

	__atomic_store_n(&v->thread, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	for (;;) {
		int result, error;

		enter();
		result = ioctl(v->fd, KVM_RUN, NULL);
		error = errno;
		leave();
		if (result < 0 && error != EINTR && error != EAGAIN)
			end(1, "kvm run failed: error", (unsigned)error);
		if (result < 0)
			continue;
		pthread_mutex_lock(&serving);
		serve(v->run);
		pthread_mutex_unlock(&serving);
		if (then) {
			gather();
			then();
			then = NULL;
			vcpus_go();
		}
	}
}

static void *thread(void *nr)
{
	me = (unsigned)(uintptr_t)nr;
	run_vcpu();
}

static void wake(int signal)
{
	(void)signal;
}

void vcpus_start(void)
{
	const struct sigaction action = {.sa_handler = wake};

	sigaction(SIGUSR1, &action, NULL);
	for (unsigned i = 1; i < nr_vcpus; i++) {
		pthread_t t;

		if (pthread_create(&t, NULL, thread, (void *)(uintptr_t)i))
			die("no thread for vCPU %u", i);
		while (!vcpu_thread(i))
			sched_yield();
	}
}

_Noreturn void vcpus_run(void)
{
	me = 0;
	run_vcpu();
}
