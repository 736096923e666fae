/*
 * cage_landlock.c - the cage that a process puts on itself: Landlock for files, seccomp for
 * sockets.
 *
 * Needs no program and no privilege, only Linux 5.13. The rules are made once; the child puts them
 * on between fork and exec, where only system calls are made. Landlock knows no exceptions inside
 * an allowed folder, so unlike bubblewrap's this cage neither protects git's hooks nor hides keys
 * from reading. Landlock's own network rules cover TCP alone; the seccomp filter refuses to make
 * any socket (connected pairs are fine), and io_uring, which could make one unseen.
 *
 * Numbers are the kernel's interface (include/uapi/linux/landlock.h), stated here so that it builds
 * with old headers: what a kernel does not know is not asked of it.
 *
 * Layer: act
 */
#include "agent/cage_int.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	NR_CREATE_RULESET = 444,
	NR_ADD_RULE = 445,
	NR_RESTRICT_SELF = 446,
	NR_IO_URING_SETUP = 425,
	ASK_VERSION = 1,
	RULE_PATH_BENEATH = 1,
	SCOPE_ALL = 3, /* abstract sockets and signals */
};

/* Rights on files: bits 0 to 12 are known since version 1, then one bit with each of three
 * versions. */
#define FS_EXECUTE     (UINT64_C(1) << 0)
#define FS_WRITE_FILE  (UINT64_C(1) << 1)
#define FS_READ_FILE   (UINT64_C(1) << 2)
#define FS_READ_DIR    (UINT64_C(1) << 3)
#define FS_V1          ((UINT64_C(1) << 13) - 1)
#define FS_REFER       (UINT64_C(1) << 13) /* version 2 */
#define FS_TRUNCATE    (UINT64_C(1) << 14) /* version 3 */
#define FS_IOCTL_DEV   (UINT64_C(1) << 15) /* version 5 */
#define FS_READ_ONLY   (FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)
#define FS_OF_A_DEVICE (FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

struct ruleset_attributes {
	uint64_t files, network, scopes;
};

struct path_rule {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OUR_ARCH AUDIT_ARCH_RISCV64
#else
#define OUR_ARCH 0 /* no filter is known: the cage does not open */
#endif

enum { FOREIGN_CALLS = 0x40000000 }; /* x86's second set of call numbers */

#define LOAD(field)     BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define REFUSE(code)    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (code))
#define IF_NOT(value)   BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1)
#define IF_UNDER(value) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (value), 0, 1)

static const struct sock_filter filter[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
	REFUSE(EPERM),
	LOAD(nr),
	IF_UNDER(FOREIGN_CALLS),
	REFUSE(EPERM),
	IF_NOT(SYS_socket),
	REFUSE(EACCES),
	IF_NOT(NR_IO_URING_SETUP),
	REFUSE(EPERM),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static uint64_t rights_of(long version)
{
	uint64_t rights = FS_V1;
	if (version >= 2)
		rights |= FS_REFER;
	if (version >= 3)
		rights |= FS_TRUNCATE;
	if (version >= 5)
		rights |= FS_IOCTL_DEV;
	return rights;
}

static size_t attribute_bytes(long version)
{
	if (version >= 6)
		return sizeof(struct ruleset_attributes);
	return version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

/* A path that is not there needs no rule. */
static bool allow(int ruleset, const char *path, uint64_t rights)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return true;
	struct path_rule rule = { rights, fd };
	bool ok = syscall(NR_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
	int code = errno;
	close(fd);
	errno = code;
	return ok;
}

static bool allow_all(const struct cage *c, int ruleset, uint64_t rights)
{
	static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/tty",
		"/dev/random", "/dev/urandom" };
	bool ok = allow(ruleset, "/", FS_READ_ONLY & rights) && allow(ruleset, c->temp.p, rights);
	for (size_t i = 0; ok && i < sizeof devices / sizeof devices[0]; i++)
		ok = allow(ruleset, devices[i], FS_OF_A_DEVICE & rights);
	for (size_t i = 0; ok && i < paths_count(c->paths); i++)
		ok = allow(ruleset, paths_root(c->paths, i), rights);
	return ok;
}

static bool open_row(struct cage *c, struct err *e)
{
	long version = syscall(NR_CREATE_RULESET, NULL, 0, ASK_VERSION);
	if (version < 1)
		return fail_errno(e, LAYER_ACT, errno, "this kernel has no Landlock");
	if (OUR_ARCH == 0)
		return fail(e, ERR_NOT_FOUND, LAYER_ACT,
			"no filter for sockets is known for this processor");
	uint64_t rights = rights_of(version);
	struct ruleset_attributes attributes = { .files = rights, .scopes = SCOPE_ALL };
	long fd = syscall(NR_CREATE_RULESET, &attributes, attribute_bytes(version), 0);
	if (fd < 0)
		return fail_errno(e, LAYER_ACT, errno, "cannot make Landlock rules");
	c->ruleset_fd = (int)fd;
	if (allow_all(c, c->ruleset_fd, rights))
		return true;
	fail_errno(e, LAYER_ACT, errno, "cannot make Landlock rules");
	close(c->ruleset_fd);
	c->ruleset_fd = -1;
	return false;
}

static void close_row(struct cage *c)
{
	close(c->ruleset_fd);
	c->ruleset_fd = -1;
}

/* In the child, between fork and exec. */
static int put_on(void *ctx)
{
	const struct cage *c = ctx;
	struct sock_fprog program = { sizeof filter / sizeof filter[0],
		(struct sock_filter *)filter };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		syscall(NR_RESTRICT_SELF, c->ruleset_fd, 0) != 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
		return errno ? errno : EPERM;
	return 0;
}

static void wrap(const struct cage *c, struct arena *a, struct proc_spec *spec)
{
	(void)a;
	spec->before_exec = put_on;
	spec->ctx = (void *)c;
}

const struct cage_row cage_landlock = {
	.name = "landlock",
	.open = open_row,
	.close = close_row,
	.wrap = wrap,
};
