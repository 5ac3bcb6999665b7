/* Sits between the appliance and the C library (LD_PRELOAD). Numbers every change below TORTURE_ROOT over all processes
 * and threads, writes each into a journal from which the harness rebuilds the disk as a power cut would leave it, and at
 * the TORTURE_AT-th stops the process group, tears the write, or fails (TORTURE_MODE kill, tear, EIO, ENOSPC). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OP_OPEN = 1, OP_WRITE, OP_RENAME, OP_LINK, OP_UNLINK, OP_FSYNC, OP_TRUNCATE, OP_MKDIR, OP_RMDIR, OP_CLOSE, OP_ESCAPED };
enum { GO = 0, FAIL = 1, TEAR = 2 };
#define MOST_FDS 65536

/* written by scripts/torture/interposer.ts: `stop` is the plug, which is pulled between two changes */
struct shared { _Atomic int32_t owner; _Atomic uint32_t count, stop; };
/* read by scripts/torture/journal.ts */
struct record { uint32_t length, number, pid, op; int32_t fd; uint32_t a, b, data; int64_t offset; };

static struct shared *shared;
static char root[PATH_MAX];
static size_t root_length;
static int journal = -1, failure, fails_for = 1, tears;
static uint32_t at;
static ino_t tracked[MOST_FDS];

#define REAL(type, name, ...) static type (*real_##name)(__VA_ARGS__); if (!real_##name) real_##name = dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  const char *folder = getenv("TORTURE_ROOT"), *path = getenv("TORTURE_JOURNAL"), *state = getenv("TORTURE_STATE"), *mode = getenv("TORTURE_MODE");
  if (!folder || !path || !state) return;
  strncpy(root, folder, sizeof root - 1);
  root_length = strlen(root);
  journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  int fd = syscall(SYS_openat, AT_FDCWD, state, O_RDWR | O_CLOEXEC, 0);
  shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (shared == MAP_FAILED || journal < 0) _exit(97);
  at = getenv("TORTURE_AT") ? (uint32_t)strtoul(getenv("TORTURE_AT"), NULL, 10) : 0;
  if (getenv("TORTURE_FOR")) fails_for = atoi(getenv("TORTURE_FOR"));
  if (mode && !strcmp(mode, "EIO")) failure = EIO;
  if (mode && !strcmp(mode, "ENOSPC")) failure = ENOSPC;
  if (mode && !strcmp(mode, "tear")) tears = 1;
}

static int below(const char *path) {
  return root_length && path && !strncmp(path, root, root_length) && (path[root_length] == '/' || path[root_length] == 0);
}
/* Not every close comes by here: a number counts only while it still is the file that was opened. */
static int known(int fd) {
  struct stat now;
  if (fd < 0 || fd >= MOST_FDS || !tracked[fd]) return 0;
  if (fstat(fd, &now) == 0 && now.st_ino == tracked[fd]) return 1;
  tracked[fd] = 0;
  return 0;
}

static void end(void) {
  kill(0, SIGKILL);
  for (;;) pause();
}
static void take(void) {
  int32_t me = getpid(), free_ = 0;
  for (unsigned turns = 0; !atomic_compare_exchange_weak(&shared->owner, &free_, me); free_ = 0) {
    int32_t owner = atomic_load(&shared->owner);
    if (++turns % 4096 == 0 && owner != 0 && owner != me && kill(owner, 0) < 0 && errno == ESRCH) atomic_compare_exchange_strong(&shared->owner, &owner, 0);
    sched_yield();
  }
  if (atomic_load(&shared->stop)) { atomic_store(&shared->owner, 0); end(); }
}
static void give(void) { atomic_store(&shared->owner, 0); }

static void put(const void *bytes, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t n = syscall(SYS_write, journal, (const char *)bytes + done, length - done);
    if (n <= 0) _exit(98);
    done += (size_t)n;
  }
}
static void note(int op, int fd, const char *a, const char *b, const void *data, size_t length, int64_t offset) {
  struct record r = { 0, atomic_load(&shared->count), (uint32_t)getpid(), (uint32_t)op, fd, a ? strlen(a) : 0, b ? strlen(b) : 0, length, offset };
  r.length = sizeof r + r.a + r.b + r.data;
  put(&r, sizeof r);
  if (r.a) put(a, r.a);
  if (r.b) put(b, r.b);
  if (length) put(data, length);
}
/* The lock is held. Counts one change; GO, FAIL (errno is set), or TEAR. */
static int count(void) {
  uint32_t n = atomic_fetch_add(&shared->count, 1) + 1;
  if (!at || n < at) return GO;
  if (failure) {
    if (n >= at + (uint32_t)fails_for) return GO;
    errno = failure;
    return FAIL;
  }
  if (n > at) return GO;
  if (tears) return TEAR;
  end();
  return GO;
}
/* For a change that can not be half done. */
static int refused(void) {
  int verdict = count();
  if (verdict == TEAR) end();
  return verdict == FAIL;
}
/* Keeps errno of the change itself. */
#define LOCKED(type, body) do { take(); type result; if (refused()) result = -1; else { body } int error = errno; give(); errno = error; return result; } while (0)

static int open_any(int folder, const char *path, int flags, mode_t mode) {
  if (!below(path)) return syscall(SYS_openat, folder, path, flags, mode);
  int writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
  take();
  if (writes && refused()) { int error = errno; give(); errno = error; return -1; }
  struct stat before;
  int created = (flags & O_CREAT) && stat(path, &before) < 0;
  int fd = syscall(SYS_openat, folder, path, flags, mode), error = errno;
  if (fd >= 0 && fd < MOST_FDS) {
    tracked[fd] = fstat(fd, &before) == 0 ? before.st_ino : 0;
    note(OP_OPEN, fd, path, NULL, NULL, 0, (created ? 1 : 0) | (flags & O_TRUNC ? 2 : 0));
  }
  give();
  errno = error;
  return fd;
}
#define OPEN_ARGUMENTS mode_t mode = 0; if (flags & (O_CREAT | __O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }
int open(const char *path, int flags, ...) { OPEN_ARGUMENTS return open_any(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { OPEN_ARGUMENTS return open_any(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { OPEN_ARGUMENTS return open_any(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { OPEN_ARGUMENTS return open_any(folder, path, flags, mode); }

int close(int fd) {
  if (!known(fd)) return syscall(SYS_close, fd);
  take();
  tracked[fd] = 0;
  note(OP_CLOSE, fd, NULL, NULL, NULL, 0, 0);
  int result = syscall(SYS_close, fd), error = errno;
  give();
  errno = error;
  return result;
}

/* `offset` -1: where the file stands. */
static ssize_t write_any(int fd, const void *bytes, size_t length, int64_t offset) {
  take();
  int verdict = count();
  if (verdict == FAIL) { int error = errno; give(); errno = error; return -1; }
  if (verdict == TEAR) length /= 2;
  struct stat now;
  int64_t place = offset;
  if (fcntl(fd, F_GETFL) & O_APPEND) place = fstat(fd, &now) == 0 ? now.st_size : 0;
  else if (offset < 0) place = lseek(fd, 0, SEEK_CUR);
  ssize_t n = length == 0 ? 0 : offset < 0 ? syscall(SYS_write, fd, bytes, length) : syscall(SYS_pwrite64, fd, bytes, length, offset);
  int error = errno;
  if (n > 0) note(OP_WRITE, fd, NULL, NULL, bytes, (size_t)n, place);
  if (verdict == TEAR) end();
  give();
  errno = error;
  return n;
}
ssize_t write(int fd, const void *bytes, size_t length) { return known(fd) ? write_any(fd, bytes, length, -1) : syscall(SYS_write, fd, bytes, length); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return known(fd) ? write_any(fd, bytes, length, offset) : syscall(SYS_pwrite64, fd, bytes, length, offset); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) { return pwrite(fd, bytes, length, offset); }

static ssize_t gather(int fd, const struct iovec *parts, int many, int64_t offset) {
  size_t length = 0;
  for (int i = 0; i < many; i++) length += parts[i].iov_len;
  char *all = malloc(length ? length : 1), *to = all;
  for (int i = 0; i < many; i++) to = mempcpy(to, parts[i].iov_base, parts[i].iov_len);
  ssize_t n = write_any(fd, all, length, offset);
  int error = errno;
  free(all);
  errno = error;
  return n;
}
ssize_t writev(int fd, const struct iovec *parts, int many) { return known(fd) ? gather(fd, parts, many, -1) : syscall(SYS_writev, fd, parts, many); }
ssize_t pwritev(int fd, const struct iovec *parts, int many, off_t offset) {
  REAL(ssize_t, pwritev, int, const struct iovec *, int, off_t);
  return known(fd) ? gather(fd, parts, many, offset) : real_pwritev(fd, parts, many, offset);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int many, off64_t offset) { return pwritev(fd, parts, many, offset); }

static int sync_any(int fd, long call) {
  if (!known(fd)) return syscall(call, fd);
  LOCKED(int, result = syscall(call, fd); if (result == 0) note(OP_FSYNC, fd, NULL, NULL, NULL, 0, 0););
}
int fsync(int fd) { return sync_any(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_any(fd, SYS_fdatasync); }
int ftruncate(int fd, off_t length) {
  if (!known(fd)) return syscall(SYS_ftruncate, fd, length);
  LOCKED(int, result = syscall(SYS_ftruncate, fd, length); if (result == 0) note(OP_TRUNCATE, fd, NULL, NULL, NULL, 0, length););
}
int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

static int two(long call, int op, const char *from, const char *to) {
  if (!below(from) && !below(to)) return syscall(call, AT_FDCWD, from, AT_FDCWD, to, 0);
  LOCKED(int, result = syscall(call, AT_FDCWD, from, AT_FDCWD, to, 0); if (result == 0) note(op, -1, from, to, NULL, 0, 0););
}
int rename(const char *from, const char *to) { return two(SYS_renameat2, OP_RENAME, from, to); }
int link(const char *from, const char *to) { return two(SYS_linkat, OP_LINK, from, to); }
static int one(int op, const char *path, long call, long argument) {
  if (!below(path)) return syscall(call, AT_FDCWD, path, argument);
  LOCKED(int, result = syscall(call, AT_FDCWD, path, argument); if (result == 0) note(op, -1, path, NULL, NULL, 0, 0););
}
int unlink(const char *path) { return one(OP_UNLINK, path, SYS_unlinkat, 0); }
int rmdir(const char *path) { return one(OP_RMDIR, path, SYS_unlinkat, AT_REMOVEDIR); }
int mkdir(const char *path, mode_t mode) { return one(OP_MKDIR, path, SYS_mkdirat, mode); }

/* Ways around the journal: noted, so that the harness says that its picture of the disk is not whole. */
ssize_t copy_file_range(int from, off64_t *a, int to, off64_t *b, size_t length, unsigned flags) {
  if (known(to)) { take(); note(OP_ESCAPED, to, "copy_file_range", NULL, NULL, 0, 0); give(); }
  return syscall(SYS_copy_file_range, from, a, to, b, length, flags);
}
