"""Hostile entries by system calls and sockets that no model needs.

Each tries several calls of one kind; all of them succeed where no filter refuses them, but for
those that a kernel lacks.
"""

from __future__ import annotations

from hostile.attack import Attack, attack

# By number, since libc has no function for most of them: on x86_64, on aarch64.
TOP = """
NUMBERS = {
    "mincore": (27, 232), "cachestat": (451, 451), "readahead": (187, 213), "openat2": (437, 437),
    "sync_file_range": (277, 84), "process_madvise": (440, 440), "inotify_init1": (294, 26),
    "fanotify_init": (300, 262), "name_to_handle_at": (303, 264), "semget": (64, 190),
    "msgget": (68, 186), "shmget": (29, 194), "mq_open": (240, 180), "memfd_secret": (447, 447),
    "vmsplice": (278, 75), "tee": (276, 77), "io_setup": (206, 0), "io_uring_setup": (425, 425),
    "adjtimex": (159, 171), "ioprio_set": (251, 30), "clone": (56, 220), "clone3": (435, 435),
    "ptrace": (101, 117), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "kcmp": (312, 272),
    "process_vm_readv": (310, 270), "userfaultfd": (323, 282), "perf_event_open": (298, 241),
    "bpf": (321, 280), "seccomp": (317, 277), "keyctl": (250, 219), "personality": (135, 92),
    "sched_setattr": (314, 274), "unshare": (272, 97), "setns": (308, 268),
    "memfd_create": (319, 279),
}
LIBRARY = os.__file__  # which every job reads


def by_number(name, *arguments):
    number = NUMBERS[name][os.uname().machine == "aarch64"]
    found = LIBC.syscall(number, *arguments)
    if found < 0:
        raise OSError(ctypes.get_errno(), name)
    return found


def attempt(what, do, *arguments):
    with contextlib.suppress(OSError):
        do(*arguments)
        got(what)


def address(memory):
    return ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
"""


def calling(name: str, fit: str, **more: str) -> Attack:
    return attack(name, fit=fit, top=TOP, **more)


ATTACKS = (
    calling(
        "locks_what_all_jobs_read",
        fit="""
        with open(LIBRARY, "rb") as file:
            attempt("flock", fcntl.flock, file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            attempt("a lock", fcntl.lockf, file, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, 2**40)
            whole = struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 2**40, 1, 0)
            for name, number in (("GETLK", 5), ("OFD_GETLK", 36), ("OFD_SETLK", 37)):
                attempt(f"F_{name}", fcntl.fcntl, file, number, whole)
            attempt("a lease", fcntl.fcntl, file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            attempt("a mark", fcntl.fcntl, file, 1036, struct.pack("Q", 2))  # F_SET_RW_HINT
            attempt("sight of a mark", fcntl.fcntl, file, 1035, bytes(8))
        tried()
        """,
    ),
    calling(
        "asks_what_is_in_memory",
        fit="""
        with open(LIBRARY, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE)
            attempt("mincore", by_number, "mincore", address(mapped), 4096, bytes(1))
            attempt("cachestat", by_number, "cachestat", file.fileno(), bytes(16), bytes(40), 0)
            for flags in (os.RWF_NOWAIT, os.RWF_HIPRI, 0x80):
                try:
                    os.preadv(file.fileno(), [bytearray(1)], 0, flags)
                    got(f"preadv2 with {flags}")
                except BlockingIOError:
                    got("that it is not in memory")
                except OSError:
                    pass
            how = struct.pack("QQQ", os.O_RDONLY, 0, 0x20)  # RESOLVE_CACHED
            attempt("a cached name", by_number, "openat2", -100, LIBRARY.encode(), how, 24)
        tried()
        """,
    ),
    calling(
        "asks_where_the_blocks_of_a_file_are",  # what was asked stays in memory, and can be asked
        fit="""
        with open(LIBRARY, "rb") as file:
            for what, number in (
                ("FIEMAP", 0xC020660B), ("PRECACHE_EXTENTS", 0x6612), ("GETSTATE", 0x40046629),
                ("GET_ES_CACHE", 0xC020662A), ("GETFLAGS", 0x80086601), ("GETVERSION", 0x80087601),
            ):
                attempt(what, fcntl.ioctl, file, number, bytes(256))
        tried()
        """,
    ),
    calling(
        "moves_what_is_in_memory",
        fit="""
        with open(LIBRARY, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE)
            for advice in range(6):
                attempt(f"fadvise {advice}", os.posix_fadvise, file.fileno(), 0, 0, advice)
            for advice in (3, 20, 21, 22, 25):  # WILLNEED, COLD, PAGEOUT, POPULATE_READ, COLLAPSE
                attempt(f"madvise {advice}", mapped.madvise, advice)
            attempt("readahead", by_number, "readahead", file.fileno(), 0, 4096)
            attempt("sync", by_number, "sync_file_range", file.fileno(), 0, 0, 0)
        tried()
        """,
    ),
    calling(
        "watches_what_others_open",
        fit="""
        attempt("inotify", by_number, "inotify_init1", 0)
        attempt("fanotify", by_number, "fanotify_init", 0x200, 0)
        attempt("dnotify", fcntl.fcntl, os.open("/usr", os.O_RDONLY), fcntl.F_NOTIFY, 1)
        handle, mount = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136), bytes(8)
        attempt("a handle", by_number, "name_to_handle_at", -100, b"/usr", handle, mount, 0)
        tried()
        """,
    ),
    calling(
        "takes_semaphores_segments_and_queues",
        fit="""
        for _ in range(100):
            attempt("semaphores", by_number, "semget", 0, 1000, 0o1600)
            attempt("a segment", by_number, "shmget", 0, 4096, 0o1600)
            attempt("messages", by_number, "msgget", 0, 0o1600)
        attempt("a queue", by_number, "mq_open", b"loot", os.O_CREAT | os.O_RDWR, 0o600, None)
        tried()
        """,
    ),
    calling(
        "lets_shared_memory_go",
        fit="""
        def hold(descriptor):
            for _ in range(40):
                memory = mmap.mmap(descriptor, 10 * MB)
                memory[:] = b"x" * len(memory)
                memory.madvise(mmap.MADV_DONTNEED)
                held.append(memory)
            if all(memory[-1:] == b"x" for memory in held):
                got("400 MB")
        held = []
        with contextlib.suppress(OSError):
            hold(-1)
        with contextlib.suppress(OSError):
            hold(os.open("/dev/zero", os.O_RDWR))  # the same by another name
        attempt("huge pages", mmap.mmap, -1, 2 * MB, mmap.MAP_PRIVATE | 0x20 | 0x40000)
        tried()
        """,
    ),
    calling(
        "keeps_files_in_flight",
        fit="""
        one, other = socket.socketpair()
        for number in range(3):
            with open(KEPT / "flight", "wb") as file:
                file.write(bytes(MB))
                os.unlink(KEPT / "flight")
                attempt("a file in flight", socket.send_fds, one, [b"x"], [file.fileno()])
        attempt("a file without a name", os.memfd_create, "x")
        attempt("a secret file", by_number, "memfd_secret", 0)
        tried()
        """,
    ),
    calling(
        "keeps_memory_in_pipes",
        fit="""
        source, sink = os.pipe()
        memory = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory[:1] = b"x"
        piece = struct.pack("PN", address(memory).value, 4096)
        attempt("its pages in a pipe", by_number, "vmsplice", sink, piece, 1, 0)
        with open(LIBRARY, "rb") as file:
            attempt("pages of a file in a pipe", os.splice, file.fileno(), sink, 4096, 0)
            attempt("pages of a file sent", os.sendfile, sink, file.fileno(), 0, 4096)
        attempt("twice the same pages", by_number, "tee", source, os.pipe()[1], 4096, 0)
        attempt("a larger pipe", fcntl.fcntl, sink, 1031, MB)
        tried()
        """,
    ),
    calling(
        "starts_input_without_end",
        fit="""
        for _ in range(200):
            context = ctypes.c_ulong(0)
            attempt("asynchronous input", by_number, "io_setup", 64, ctypes.byref(context))
        attempt("rings", by_number, "io_uring_setup", 8, bytes(120))
        tried()
        """,
    ),
    calling(
        "opens_sockets_of_every_family",
        fit="""
        for family in range(46):
            for kind in (1, 2, 3, 5):
                if family != socket.AF_UNIX:
                    for protocol in (0, 16, 255):
                        attempt(f"family {family}", socket.socket, family, kind, protocol)
                    attempt(f"a pair of family {family}", socket.socketpair, family, kind)
        tried()
        """,
    ),
    calling(
        "changes_clocks_and_cores",
        fit="""
        cores = os.sched_getaffinity(0)
        attempt("other cores", os.sched_setaffinity, 0, range(os.cpu_count()))
        attempt("fewer cores", os.sched_setaffinity, 0, {min(cores)})
        attempt("the adjustment of the clock", by_number, "adjtimex", bytes(256))
        attempt("the clock", time.clock_settime, time.CLOCK_REALTIME, time.time())
        attempt("an order of disks", by_number, "ioprio_set", 1, 0, 3 << 13)
        fair = struct.pack("IIQiIQQQ", 48, 0, 0, 0, 0, 0, 0, 0)
        attempt("attributes of scheduling", by_number, "sched_setattr", 0, fair, 0)
        tried()
        """,
    ),
    calling(
        "hides_from_its_watcher",
        fit="""
        for name, option, value in (
            ("an unreadable process", 4, 0), ("life after its parent", 1, 0),
            ("the children of others", 36, 1), ("another filter", 22, 1),
        ):
            def ask():
                if LIBC.prctl(option, value, 0, 0, 0) == 0:
                    got(name)
            in_child(ask)
        def sibling():
            if by_number("clone", 0x8000 | signal.SIGCHLD, None, None, None, None) == 0:
                os._exit(0)
        in_child(lambda: attempt("a child of its parent", sibling))
        attempt("safety from a lack of memory", Path("/proc/self/oom_score_adj").write_text, "-999")
        attempt("another personality", by_number, "personality", 0x40000)
        tried()
        """,
    ),
    calling(
        "calls_by_another_way",
        fit="""
        if os.uname().machine == "x86_64":
            if LIBC.syscall(0x40000000 | 39) > 0:  # getpid
                got("a call of x32")
            def old():
                # mov eax, 20 (getpid of 32-bit machines); int 0x80; ret
                code = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
                code.write(bytes.fromhex("b814000000cd80c3"))
                do = ctypes.CFUNCTYPE(ctypes.c_int)(address(code).value)
                if do() > 0:
                    got("a call of a 32-bit machine")
            in_child(old)
        tried()
        """,
    ),
    calling(
        "makes_namespaces_of_every_kind",
        fit="""
        def inside(flags):
            if by_number("clone", flags | signal.SIGCHLD, None, None, None, None) == 0:
                os._exit(0)
        for flags in (0x20000, 1 << 25, 1 << 26, 1 << 27, 1 << 28, 1 << 29, 1 << 30):
            for both in (flags, flags | 1 << 28):
                attempt(f"clone with {both:#x}", inside, both)
                in_child(lambda both=both: attempt(f"{both:#x}", by_number, "unshare", both))
        arguments = struct.pack("QQQQQ24x", 1 << 28, 0, 0, 0, signal.SIGCHLD)
        def third():
            if by_number("clone3", arguments, 64) == 0:
                os._exit(0)
        attempt("clone3", third)
        own = os.open("/proc/self/ns/user", os.O_RDONLY)
        attempt("setns", by_number, "setns", own, 0)
        tried()
        """,
    ),
    calling(
        "reaches_into_other_processes",
        fit="""
        if (child := os.fork()) == 0:
            time.sleep(5)
            os._exit(0)
        attempt("ptrace", by_number, "ptrace", 0x4206, child, None, None)  # PTRACE_SEIZE
        piece, to = ctypes.create_string_buffer(8), ctypes.create_string_buffer(8)
        vector = struct.pack("PN", ctypes.addressof(piece), 8)
        into = struct.pack("PN", ctypes.addressof(to), 8)
        attempt("its memory", by_number, "process_vm_readv", child, into, 1, vector, 1, 0)
        attempt("a descriptor", by_number, "pidfd_getfd", os.pidfd_open(child), 2, 0)
        attempt("what they share", by_number, "kcmp", os.getpid(), child, 1, 0, 0)
        attempt("page faults", by_number, "userfaultfd", 1)
        event = struct.pack("IIQ", 1, 128, 1).ljust(128, bytes(1))  # a software clock
        attempt("events", by_number, "perf_event_open", event, 0, -1, -1, 0)
        attempt("a program in the kernel", by_number, "bpf", 0, bytes(128), 128)
        attempt("keys", by_number, "keyctl", 0, -3, 1)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        tried()
        """,
    ),
)
