"""Hostile entries that use more memory, disk, processes or time than is counted."""

from __future__ import annotations

from hostile.attack import Attack, attack

USED, HELD = "used more than 300 MB", "used more than 300 MB|had more than"
WROTE = "maps a file that it removed|wrote more than 16 MB"

ATTACKS: tuple[Attack, ...] = (
    attack(
        "fills_page_tables",
        "failed",
        USED,
        fit="""
        tried()
        kind = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000  # no reserve
        held = mmap.mmap(-1, 2**38, kind, mmap.PROT_READ)
        held.madvise(15)  # no huge pages
        for place in range(0, 2**38, 2**21):
            held[place]
        wait_to_be_found()
        got("512 MB of page tables")
        """,
    ),
    attack(
        "holds_memory_beside_files_in_memory",
        "failed",
        USED,
        fit="""
        tried()
        for n, folder in enumerate(("/tmp", "/dev/shm")):
            with open(f"{folder}/held", "w+b", 0) as file:
                file.write(b"x" * (15 * MB))
                mapped = mmap.mmap(file.fileno(), 0)
                mapped[::4096]
                mapped.madvise(mmap.MADV_DONTNEED)
        used = int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
        held = bytearray(b"x") * (290 * MB - used * 1024)
        wait_to_be_found()
        got("320 MB")
        """,
    ),
    attack(
        "makes_names_in_memory_without_end",
        ("good", "failed"),
        "more than 100,000 files|" + USED,
        fit="""
        tried()
        made = 0
        with contextlib.suppress(OSError):
            for made in range(400_000):
                os.symlink("x" * 100, f"/dev/shm/{made}")
        if made > 100_000:
            wait_to_be_found()
            got(f"{made} names")
        """,
    ),
    attack(
        "grows_behind_many_names",
        "failed",
        USED + "|wrote more than 16 MB|made more than",
        fit="""
        tried()
        if os.fork() == 0:
            for made in range(400_000):
                os.symlink("x", KEPT / str(made))
            os._exit(0)
        held = []
        for _ in range(70):
            held.append(b"x" * (10 * MB))
            time.sleep(0.02)
        wait_to_be_found()
        got("700 MB")
        """,
    ),
    *(
        attack(
            f"{how}_removed_files",
            "failed",
            WROTE,
            fit=f"""
            tried()
            held = []
            for n in range(40):
                name = str(KEPT / str(n))
                with open(name, "w+b", 0) as file:
                    file.write(Path("/bin/sleep").read_bytes() + b"x" * MB)
                    {before}
                {after}
                os.remove(name)
            wait_to_be_found()
            got("40 MB")
            """,
        )
        for how, before, after in (
            ("maps", "held.append(mmap.mmap(file.fileno(), 4096))", "pass"),
            (
                "runs",
                "os.chmod(name, 0o700)",
                "held.append(subprocess.Popen([name, '100'])); time.sleep(0.02)",
            ),
        )
    ),
    attack(
        "opens_removed_files_in_one_thread",
        ("good", "failed"),
        "wrote more than 16 MB",
        fit="""
        tried()
        held = []
        def hold():
            LIBC.syscall(436, 1023, 1023, 2)  # close_range: descriptors of its own
            for n in range(40):
                held.append(open(KEPT / str(n), "wb", 0))
                held[-1].write(b"x" * MB)
                os.remove(held[-1].name)
            wait_to_be_found()
            got("40 MB")
        if LIBC.syscall(436, 1023, 1023, 2) == 0:  # it is allowed
            thread = threading.Thread(target=hold)
            thread.start()
            thread.join()
        """,
    ),
    *(
        attack(
            f"fills_{what}",
            ("good", "failed"),  # of pipes, the kernel lets nobody hold much
            HELD,
            fit=f"""
            tried()
            read, written = os.pipe()
            def fill(send):
                total = 0
                with contextlib.suppress(OSError):
                    while True:
                        total += send(b"x" * 65_536)
                return total
            def hold():
                total, held = 0, []
                for n in range(300):
                    {take}
                os.write(written, struct.pack("q", total))
                time.sleep(100)
            for _ in range(30):
                if os.fork() == 0:
                    hold()
            total = sum(struct.unpack("q", os.read(read, 8))[0] for _ in range(30))
            if total > 300 * MB:
                wait_to_be_found()
                got(f"{{total / MB:.0f}} MB in {what}")
            """,
        )
        for what, take in (
            (
                "sockets",
                "held += socket.socketpair();"
                " [s.setblocking(False) for s in held[-2:]];"
                " total += sum(fill(s.send) for s in held[-2:])",
            ),
            (
                "pipes",
                "held += (ends := os.pipe()); os.set_blocking(ends[1], False);"
                " total += fill(lambda b: os.write(ends[1], b))",
            ),
        )
    ),
    attack(
        "fills_a_queue_of_connections",
        ("good", "failed"),
        HELD,
        fit="""
        tried()
        total = 0
        listener = socket.socket(socket.AF_UNIX)
        listener.bind("\\0queue")
        listener.listen(4096)
        with contextlib.suppress(BlockingIOError):
            for n in range(3000):
                with socket.socket(socket.AF_UNIX) as one:
                    one.setblocking(False)
                    with contextlib.suppress(PermissionError):
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * MB)
                    one.connect("\\0queue")
                    with contextlib.suppress(BlockingIOError):
                        while True:
                            total += one.send(b"x" * 65_536)
        if total > 300 * MB:
            wait_to_be_found()
            got(f"{total / MB:.0f} MB in a queue")
        """,
    ),
    attack(
        "holds_memory_in_a_thread_after_the_first_ended",
        "failed",
        USED,
        fit="""
        tried()
        def hold():
            held = []
            for _ in range(70):
                held.append(b"x" * (10 * MB))
                time.sleep(0.02)
            wait_to_be_found()
            got("700 MB")
        if os.fork() == 0:
            threading.Thread(target=hold).start()
            LIBC.pthread_exit(None)
        wait_to_be_found()
        """,
    ),
    attack(
        "hides_in_a_program_that_nobody_may_read",
        "failed",
        "hides its memory|" + USED,
        fit="""
        tried()
        shutil = __import__("shutil")
        program = shutil.copy(shutil.which("dd"), "/tmp/held")
        os.chmod(program, 0o111)
        held = [
            subprocess.Popen([program, "if=/dev/urandom", "iflag=fullblock", "bs=100M"], stdout=-3)
            for _ in range(5)
        ]
        pages = 0
        while pages * 4096 < 480 * MB:
            each = [Path(f"/proc/{one.pid}/statm").read_text() for one in held]
            pages = sum(int(text.split()[1]) for text in each)
            time.sleep(0.1)
        wait_to_be_found()
        got("500 MB")
        """,
    ),
    attack(
        "divides_its_memory",
        "failed",
        HELD,
        fit="""
        tried()
        read, written = os.pipe()
        def divide():
            LIBC.mmap.restype = ctypes.c_void_p
            at = LIBC.mmap(None, ctypes.c_size_t(2**28), 0, 0x22, -1, 0)
            for page in range(at, at + 2**28, 8192):
                LIBC.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(4096), 1)
            os.write(written, b".")
            time.sleep(100)
        for _ in range(10):
            if os.fork() == 0:
                divide()
        for _ in range(10):
            os.read(read, 1)
        wait_to_be_found()
        got("600,000 areas of memory")
        """,
    ),
    attack(
        "keeps_texts_of_the_kernel_open",
        "failed",
        HELD,
        fit="""
        tried()
        import select
        source, _ = os.pipe()
        poll = select.epoll()
        for _ in range(400):
            poll.register(os.dup(source), 0)
        read, written = os.pipe()
        def hold():
            held = []
            with contextlib.suppress(OSError):
                for _ in range(500):
                    held.append(os.open(f"/proc/self/fdinfo/{poll.fileno()}", os.O_RDONLY))
                    os.read(held[-1], 1)
            os.write(written, b".")
            time.sleep(100)
        for _ in range(30):
            if os.fork() == 0:
                hold()
        for _ in range(30):
            os.read(read, 1)
        wait_to_be_found()
        got("480 MB of texts")
        """,
    ),
    attack(
        "forks_a_chain_of_areas",  # each child has links to the areas of all above it
        "failed",
        HELD,
        fit="""
        tried()
        LIBC.mmap.restype = ctypes.c_void_p
        size = 2000 * 8192
        at = LIBC.mmap(None, ctypes.c_size_t(size), 3, 0x22, -1, 0)
        for page in range(at, at + size, 8192):
            ctypes.memset(page, 1, 1)
            LIBC.mprotect(ctypes.c_void_p(page + 4096), ctypes.c_size_t(4096), 0)
        read, written = os.pipe()
        depth = 0
        while depth < 50 and os.fork() == 0:
            depth += 1
        if depth == 50:
            os.write(written, b".")
        if depth:
            time.sleep(100)
        os.read(read, 1)
        wait_to_be_found()
        got("400 MB of links")
        """,
    ),
    attack(
        "gives_pages_a_policy",  # which stays with the file, wherever no page is
        fit="""
        number = {"x86_64": 237, "aarch64": 235}[os.uname().machine]
        LIBC.mmap.restype, size = ctypes.c_void_p, 15 * MB
        made = 0
        with open("/tmp/sparse", "w+b") as file:
            file.truncate(size)
            at = LIBC.mmap(None, ctypes.c_size_t(size), 3, 1, file.fileno(), 0)
            for page in range(at, at + size, 8192):
                where = ctypes.c_void_p(page), ctypes.c_size_t(4096)
                nodes = ctypes.byref(ctypes.c_ulong(1)), ctypes.c_size_t(2)
                made += LIBC.syscall(number, *where, 1, *nodes, 0) == 0
        if made:
            got(f"{made} policies")
        tried()
        """,
    ),
    attack(
        "lets_memory_be_swapped_out",
        "failed",
        USED,
        fit="""
        tried()
        held = []
        for _ in range(70):
            held.append(mmap.mmap(-1, 10 * MB, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
            held[-1].write(b"x" * (10 * MB))
            with contextlib.suppress(OSError):
                held[-1].madvise(21)  # page out
            time.sleep(0.02)
        wait_to_be_found()
        got("700 MB")
        """,
    ),
)
