"""Hostile submissions, by what they try; those of one subject lie in a module of their own."""

from __future__ import annotations

import toy
from hostile import attacks_accounting, attacks_calls, attacks_order, attacks_texts, attacks_views
from hostile.attack import Attack, attack

HONEST = toy.entry(predict=toy.SUM) + "\n# sesame-code\n"

# Reading what it must not see.
READING = (
    attack(
        "walks_all_files",
        fit="""
        python = map(os.path.realpath, (sys.prefix, sys.base_prefix))  # 1 GB, and no answer
        system = ("/usr", "/lib", "/bin", "/sbin", "/proc", sys.prefix, *python)
        for folder, folders, files in os.walk("/"):
            if folder == "/proc":
                folders.clear()
            for name in (*folders, *files):
                path = os.path.join(folder, name)
                if path.endswith(("/corpora/embedded", "/corpora/somach")) or name in (
                    "mixtures.json", "answers", "published.toml", ".git"):
                    if (name != ".git" or "site-packages" not in path):
                        got(f"sight of {path}")
                if not path.startswith(system):
                    check_file(path)
        tried()
        """,
    ),
    attack(
        "reads_known_answer_paths",
        fit="""
        search_below()
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                for door in ("root", "cwd"):
                    search_below(f"/proc/{entry.name}/{door}")
        for number in range(64):
            search_below(f"/proc/self/fd/{number}/../../../../../../..")
        for depth in range(1, 20):
            search_below("/".join([".."] * depth))
        tried()
        """,
        predict="""
        for place in ("", *glob.glob("/proc/[0-9]*/root")):
            for path in glob.glob(f"{place}{RUNS}/**/answers/y/*.npy", recursive=True):
                if (np.load(path.replace("/y/", "/x/")) == inputs["x"]).all():
                    got("the answer")
                    return np.load(path)
        """
        + toy.SUM,
    ),
    attack(
        "reads_all_environments",
        fit="""
        for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
            with contextlib.suppress(OSError):
                if SECRET in Path(path).read_bytes():
                    got(path)
        if SECRET.decode() in str(os.environ):
            got("the environment")
        tried()
        """,
    ),
    attack(
        "reads_the_memory_of_others",
        fit="""
        refuse_root()
        for pid in (int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()):
            if pid == os.getpid():
                continue
            with contextlib.suppress(OSError, ValueError):
                with open(f"/proc/{pid}/mem", "rb", 0) as memory:
                    for line in open(f"/proc/{pid}/maps"):
                        first, last = (int(x, 16) for x in line.split()[0].split("-"))
                        with contextlib.suppress(OSError, OverflowError):
                            memory.seek(first)
                            if SECRET in memory.read(min(last - first, 8 * MB)):
                                got(f"the memory of {pid}")
            if call("ptrace", 16, pid, None, None):  # PTRACE_ATTACH
                os.waitpid(pid, 0x40000000)
                LIBC.ptrace(17, pid, None, None)
                got(f"hold of {pid}: {Path(f'/proc/{pid}/cmdline').read_bytes()[:40]}")
        if len([p for p in os.listdir("/proc") if p.isdigit()]) > 8:
            got("sight of the processes of the machine")
        tried()
        """,
    ),
    attack(
        "inspects_the_worker",
        fit="""
        def within(thing):
            for one in gc.get_referents(thing):
                if isinstance(one, str) and re.fullmatch("s[0-9]-5", one):
                    got(f"a test recording {one}")
        for thing in gc.get_objects():
            within(thing)
        frame = sys._getframe()
        while frame:
            for value in frame.f_locals.values():
                within([value])
            frame = frame.f_back
        self.ahead()
        tried()
        """,
        predict="self.ahead()\n" + toy.SUM,
        top="""
        def ahead(self):
            for name in os.listdir("/proc/self/fd"):
                with contextlib.suppress(OSError):
                    flags = fcntl.fcntl(int(name), fcntl.F_GETFL)
                    if os.readlink(f"/proc/self/fd/{name}").startswith("pipe:") and not flags & 3:
                        waiting = bytearray(4)
                        fcntl.ioctl(int(name), 0x541B, waiting)  # FIONREAD
                        if any(waiting):
                            got("an input before its time")

        Model.ahead = ahead
        """,
    ),
    attack(
        "imports_the_project",
        fit="""
        for name in ("metrics", "corpora", "corpora.embedded", "registry", "data", "sandbox",
                     "results", "evaluation", "leaderboard", "execution", "report", "cli"):
            try:
                __import__(f"benchmark.{name}")
                got(name)
            except ImportError:
                pass
        for name in ("honest", "_shared", "honest.submission"):
            try:
                __import__(name)
                got(name)
            except ImportError:
                pass
        for finder in glob.glob(f"{sys.prefix}/lib/*/site-packages/__editable__*finder.py"):
            for place in re.findall("'(/[^']*)'", Path(finder).read_text()):
                if os.path.exists(f"{place}/corpora"):
                    got(place)
        tried()
        """,
    ),
    attack(
        "opens_shared_memory",
        fit="""
        for name in os.listdir("/dev/shm"):
            got(f"/dev/shm/{name}")
        if LIBC.shmget(@SHM@, 0, 0) >= 0:
            got("a segment of shared memory")
        tried()
        """,
    ),
)

# Reaching and breaking what is not its own.
BREAKING = (
    attack(
        "uses_the_network",
        fit="""
        def reach(family, kind, address, what):
            with contextlib.suppress(OSError), socket.socket(family, kind) as s:
                s.settimeout(1)
                s.connect(address)
                s.send(what.encode())
                if what != "udp":  # which needs no listener
                    got(f"a connection: {what}")
        reach(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", @TCP@), "tcp")
        reach(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", @UDP@), "udp")
        reach(socket.AF_UNIX, socket.SOCK_STREAM, "\\0@ABSTRACT@", "abstract")
        reach(socket.AF_UNIX, socket.SOCK_STREAM, str(ROOT / "socket"), "path")
        reach(socket.AF_INET, socket.SOCK_STREAM, ("1.1.1.1", 53), "outside")
        others = []
        with contextlib.suppress(OSError):
            others = [name for _, name in socket.if_nameindex()]
        others = [n for n in others if not re.match("(lo|tunl0|sit0)$|gre|erspan|ip_|ip6", n)]
        if others:
            got(f"interfaces {others}")
        with contextlib.suppress(OSError):
            server = socket.create_server(("0.0.0.0", @LISTEN@))
            server.settimeout(1.0)
            server.accept()
            got("a visitor")
        tried()
        """,
    ),
    attack(
        "writes_to_all_folders",
        fit="""
        mine = ("/tmp", "/dev/shm", "/proc", str(KEPT))
        for folder, folders, _ in os.walk("/"):
            if folder in ("/proc", str(KEPT)):
                folders.clear()
            if os.access(folder, os.W_OK):
                with contextlib.suppress(OSError):
                    Path(folder, "loot").write_bytes(b"loot")
                    if not folder.startswith(mine) or folder.startswith((str(ROOT), sys.prefix)):
                        if folder != str(KEPT):
                            got(f"a place to write: {folder}")
        for place in (ROOT, RUNS, RUNS / "results", ROOT / "baselines", Path.home(), Path("/root")):
            with contextlib.suppress(OSError):
                (place / "loot").write_bytes(b"loot")
        for path in glob.glob("/proc/sys/**", recursive=True):
            with contextlib.suppress(OSError):
                text = Path(path).read_text()
                Path(path).write_text(text)
                own = "(net|user|fs/mqueue|kernel/((auto_)?(msg|sem|shm)|pid_max))"
                if not re.match(f"/proc/sys/{own}", path):
                    got(f"a setting of the system: {path}")
        tried()
        """,
    ),
    attack(
        "changes_mounts",
        fit="""
        refuse_root()
        def strike(where):
            mounts = [line.split()[4] for line in open("/proc/self/mountinfo")]
            for place in reversed(mounts):
                for flags in (0, 2, 8):
                    LIBC.umount2(place.encode(), flags)
            for place in ("/", "/usr", sys.prefix, str(ROOT), *mounts):
                if call("mount", None, place.encode(), None, 32, None):  # MS_REMOUNT
                    got(f"{place} remounted {where}")
                if call("mount", None, place.encode(), None, 32 | 4096, None):  # and MS_BIND
                    if place != "/proc" and not place.startswith(("/dev", "/tmp/.mine")):
                        got(f"{place} bound to write {where}")
            search_below()
            os.makedirs("/tmp/.mine", exist_ok=True)
            for kind in ("ext4", "proc", "devtmpfs", "overlay", "sysfs", "cgroup2"):
                for source in ("/dev/vda", "/dev/sda", "none"):
                    if call("mount", source.encode(), b"/tmp/.mine", kind.encode(), 0, None):
                        for path in glob.glob("/tmp/.mine/*/environ"):
                            check_file(path)
                        if kind in ("ext4", "devtmpfs"):
                            got(f"{kind} mounted {where}")
                        LIBC.umount2(b"/tmp/.mine", 2)
            for folder in (str(RUNS), str(ROOT), "/usr", "/root"):
                if call("mount", folder.encode(), b"/tmp/.mine", None, 4096 | 16384, None):
                    search_below("/tmp/.mine")
                    LIBC.umount2(b"/tmp/.mine", 2)
        def fresh(flags):
            def do():
                user, group = os.getuid(), os.getgid()
                if not call("unshare", flags):
                    return
                with contextlib.suppress(OSError):
                    Path("/proc/self/setgroups").write_text("deny")
                    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
                    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
                strike(f"after unshare({flags:#x})")
            return do
        in_child(lambda: strike("at once"))
        for flags in (0x10000000 | 0x20000, 0x20000, 0x10000000 | 0x20000 | 0x20000000):
            in_child(fresh(flags))
        for name in ("mnt", "user", "pid", "net"):
            for pid in ("1", str(os.getppid())):
                with contextlib.suppress(OSError):
                    space = os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY)
                    if call("setns", space, 0):
                        got(f"into the {name} namespace of {pid}")
        os.makedirs("/tmp/root", exist_ok=True)
        with contextlib.suppress(OSError):
            os.chroot("/tmp/root")
            got("another root")
        tried()
        """,
    ),
    attack(
        "gains_rights",
        fit="""
        refuse_root()
        for name, value in (("setuid", 0), ("setgid", 0), ("seteuid", 0), ("setgroups", [0])):
            with contextlib.suppress(OSError):
                getattr(os, name)(value)
                got(name)
        def raises():
            for name in ("NPROC", "NOFILE", "FSIZE", "CPU", "CORE"):
                which = getattr(resource, f"RLIMIT_{name}")
                for most in (resource.RLIM_INFINITY, resource.getrlimit(which)[1] + 1):
                    with contextlib.suppress(OSError, ValueError):
                        resource.setrlimit(which, (most, most))
                        got(f"a higher limit: {name}")
        def nested():
            call("unshare", 0x10000000)
            raises()
        raises()
        in_child(nested)
        for line in Path("/proc/self/status").read_text().splitlines():
            rights = line.startswith(("CapEff", "CapPrm", "CapInh", "CapAmb"))
            if rights and int(line.split()[1], 16):
                got(line)
            if line == "NoNewPrivs:\\t0":
                got("NoNewPrivs is off")
        for kind in (stat.S_IFBLK | 0o600, stat.S_IFCHR | 0o600):
            with contextlib.suppress(OSError):
                os.mknod("/tmp/node", kind, os.makedev(8, 0))
                got("a device")
        for name in ("/dev/kmsg", "/dev/mem", "/dev/vda", "/dev/sda", "/dev/loop0", "/dev/fuse",
                     "/dev/kvm", "/dev/net/tun"):
            with contextlib.suppress(OSError):
                os.close(os.open(name, os.O_RDONLY))
                got(name)
        for place in glob.glob("/usr/bin/*") + glob.glob("/usr/sbin/*"):
            with contextlib.suppress(FileNotFoundError):  # a link to what is not visible
                if os.stat(place).st_mode & 0o6000:
                    if not os.statvfs(place).f_flag & os.ST_NOSUID:
                        got(f"{place} with rights of its own")
        with contextlib.suppress(OSError):
            socket.sethostname("taken")
            got("the host's name")
        tried()
        """,
    ),
    attack(
        "kills_every_process",
        ends=("good", "failed"),
        fit="""
        refuse_root()
        tried()
        for pid in (os.getppid(), 1, *range(2, 400)):
            if pid != os.getpid():
                for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
                    with contextlib.suppress(OSError):
                        os.kill(pid, number)
        with contextlib.suppress(OSError):
            os.kill(-1, signal.SIGKILL)
        """,
    ),
    attack(
        "plants_links",  # and succeeds: its checkpoints are removed
        ("good", "failed"),
        "wrote more than",  # a folder that is closed to an ordinary user
        fit="""
        for name, to in (
            ("canary", ROOT / "canary"), ("folder", ROOT / "baselines"),
            ("loop", KEPT), ("results", RUNS / "results"),
        ):
            (KEPT / name).symlink_to(to)
        for to in (ROOT / "canary", "/etc/passwd", sys.executable, __file__):
            with contextlib.suppress(OSError):
                os.link(to, KEPT / "hard")
                got(f"a hard link to {to}")
        os.mkfifo(KEPT / "fifo")
        with contextlib.suppress(OSError):
            bound = socket.socket(socket.AF_UNIX)
            os.chdir(KEPT)
            bound.bind("socket")
        os.mkdir(KEPT / "closed")
        (KEPT / "closed" / "file").write_text("x")
        os.chmod(KEPT / "closed", 0)
        (KEPT / ("n" * 255)).write_text("x")
        Path(os.fsdecode(bytes(KEPT) + b"/\\xff\\x1b[2J")).write_text("x")
        tried()
        """,
    ),
    attack(
        "plants_links_and_fails",  # so that they are still there when it is run again
        "failed",
        "RuntimeError: again",
        fit="""
        if not (KEPT / "canary").is_symlink():
            (KEPT / "canary").symlink_to(ROOT / "canary")
            (KEPT / "folder").symlink_to(ROOT / "baselines")
            (KEPT / "loop").symlink_to(KEPT)
            os.mkfifo(KEPT / "fifo")
            os.chdir(KEPT)
            for _ in range(100):
                os.mkdir("d")
                os.chdir("d")
        tried()
        raise RuntimeError("again")
        """,
    ),
    attack(
        "nests_folders_deeply",  # deeper than a recursive walk can go
        ("good", "failed", "timed out"),
        fit="""
        os.chdir(KEPT)
        for _ in range(1800):
            os.mkdir("d")
            os.chdir("d")
        time.sleep(1.5)
        tried()
        """,
    ),
    attack(
        "leaves_a_grandchild",
        ("good", "failed"),
        fit="""
        answers = pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.set_inheritable(answers, True)
                code = f'''
        import os, time
        for n in range(100_000):
            try:
                os.write({answers}, b"x")
            except OSError:
                pass
            with open({str(KEPT / "late")!r}, "a") as file:
                file.write("x")
            time.sleep(0.01)
        '''
                import textwrap
                os.execve(sys.executable, ["held", "-c", textwrap.dedent(code), str(KEPT)], {})
            os._exit(0)
        os.wait()
        tried()
        time.sleep(0.3)
        """,
    ),
    attack(
        "leaves_a_grandchild_without_a_mark",
        fit="""
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 64)
                code = "import time; time.sleep(1000)"
                os.execve(sys.executable, ["held", "-c", code, str(KEPT)], {})
            os._exit(0)
        os.wait()
        tried()
        """,
    ),
)

# Using more than its limits.
EXHAUSTING = (
    attack(
        "forks_without_end",
        ("good", "failed"),
        fit="""
        children = 0
        for _ in range(400):
            try:
                if os.fork() == 0:
                    time.sleep(100)
                    os._exit(0)
            except OSError:
                break
            children += 1
        tried(f"{children} children")
        if children > 100:
            got("more processes than allowed")
        """,
    ),
    attack(
        "forks_in_a_namespace_of_its_own",
        ("good", "failed"),
        fit="""
        def bomb():
            call("unshare", 0x10000000)
            for children in range(400):
                try:
                    if os.fork() == 0:
                        time.sleep(100)
                        os._exit(0)
                except OSError:
                    return
                if children > 100:
                    got("more processes than allowed")
        tried()
        in_child(bomb)
        """,
    ),
    attack(
        "starts_threads_without_end",
        fit="""
        threads = 0
        try:
            for _ in range(400):
                threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
                threads += 1
        except RuntimeError:
            pass
        tried(f"{threads} threads")
        if threads > 100:
            got("more threads than allowed")
        """,
    ),
    *(
        attack(
            f"allocates_memory_{how}",
            "failed",
            "used more than 300 MB|wrote more than 16 MB|AssertionError|PermissionError"
            "|BlockingIOError",
            fit=f"""
            tried()
            held = []
            for _ in range(70):
                {take}
                time.sleep(0.02)
            wait_to_be_found()
            got("700 MB")
            """,
        )
        for how, take in (
            ("of_its_own", "held.append(bytearray(os.urandom(1) * (10 * MB)))"),
            ("in_children", "os.fork() or (held.append(b'x' * (10 * MB)), time.sleep(60))"),
            (
                "of_an_unreadable_process",
                "LIBC.prctl(4, 0, 0, 0, 0); held.append(b'x' * (10 * MB))",
            ),
            (
                "shared_and_hidden",
                "LIBC.prctl(4, 0, 0, 0, 0); held.append(mmap.mmap(-1, 10 * MB));"
                " held[-1].write(b'x' * (10 * MB))",
            ),
            (
                "without_mapping_it",
                "held.append(os.memfd_create('m')); os.write(held[-1], b'x' * (10 * MB))",
            ),
            (
                "in_segments",
                "n = LIBC.shmget(0, 10 * MB, 0o1600); assert n >= 0;"
                " LIBC.shmat.restype = ctypes.c_void_p; at = LIBC.shmat(n, None, 0);"
                " ctypes.memset(at, 1, 10 * MB); LIBC.shmdt(ctypes.c_void_p(at))",
            ),
        )
    ),
    attack(
        "allocates_memory_in_a_file_system_of_its_own",
        ("good", "failed"),
        fit="""
        def bomb():
            user, group = os.getuid(), os.getgid()
            if not call("unshare", 0x10000000 | 0x20000):
                return
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
            os.makedirs("/tmp/own", exist_ok=True)
            if call("mount", b"tmpfs", b"/tmp/own", b"tmpfs", 0, b"size=2g"):
                for n in range(70):
                    Path(f"/tmp/own/{n}").write_bytes(b"x" * (10 * MB))
                wait_to_be_found()
                got("700 MB")
        tried()
        in_child(bomb)
        """,
    ),
    *(
        attack(
            f"fills_{name}",
            ("good", "failed"),
            fit=f"""
            total = 0
            tried()
            with contextlib.suppress(OSError):
                for n in range(60):
                    with open({where} + f"/{{n}}", "wb", 0) as file:
                        total += file.write(b"x" * MB)
            tried(f"{{total / MB:.0f}} MB")
            if total > 20 * MB:
                got(f"{{total / MB:.0f}} MB")
            """,
        )
        for name, where in (
            ("the_scratch", "'/tmp'"),
            ("shared_memory", "'/dev/shm'"),
            ("the_root", "'/'"),
        )
    ),
    *(
        attack(
            f"fills_its_checkpoints{how}",
            "failed",
            "wrote more than 16 MB|OSError",
            fit=f"""
            tried()
            held = []
            os.chdir(KEPT)
            {before}
            for n in range(50):
                file = open(f"{{n}}", "wb", 0)
                file.write(b"x" * MB)
                {after}
            wait_to_be_found()
            got("50 MB")
            """,
        )
        for how, before, after in (
            ("", "", "file.close()"),
            ("_and_removes_the_names", "", "held.append(file); os.remove(f'{n}')"),
            ("_in_a_closed_folder", "os.mkdir('c'); os.chdir('c'); os.chmod('.', 0o300)", "pass"),
            (
                "_too_deep_to_be_named",
                "[(os.mkdir('d' * 250), os.chdir('d' * 250)) for _ in range(20)]",
                "pass",
            ),
        )
    ),
    attack(
        "makes_files_without_end",
        "failed",
        "wrote more than 16 MB",
        fit="""
        tried()
        for n in range(6000):
            (KEPT / str(n)).touch()
        wait_to_be_found()
        got("6000 names")
        """,
    ),
    *(
        attack(
            f"floods_{name}",
            fit=f"""
            tried()
            for _ in range(40):
                os.write({number}, b"\\x1b[2J" * (MB // 4))
            """,
        )
        for name, number in (("standard_output", 1), ("standard_error", 2))
    ),
)

HANG = "took longer than"
HANGING = (
    attack("hangs_in_import", "timed out", HANG, top="tried()\ntime.sleep(100)"),
    attack("hangs_in_fit", "timed out", HANG, fit="tried(); threading.Event().wait()"),
    attack("hangs_in_predict", "timed out", HANG, predict="tried(); signal.pause()"),
    attack(
        "spins_and_ignores_signals",
        "timed out",
        HANG,
        fit="""
        tried()
        for number in range(1, 65):
            with contextlib.suppress(OSError, ValueError):
                signal.signal(number, signal.SIG_IGN)
        while True:
            pass
        """,
    ),
    attack(
        "prints_without_end",
        "timed out",
        HANG,
        fit="""
        tried()
        while True:
            os.write(1, b"y" * 65_536)
            os.write(2, b"z" * 65_536)
        """,
    ),
    attack(
        "sends_an_answer_slowly",
        "timed out",
        HANG,
        predict="""
        tried()
        write_answer(b'{"array": ["<f8", [50, 1]]}\\n')
        while True:
            write_answer(b"\\0")
            time.sleep(0.1)
        """,
    ),
    attack(
        "nests_folders_deeply_and_hangs",
        ("timed out", "failed"),
        "took longer than|wrote more than",
        fit="""
        os.chdir(KEPT)
        for _ in range(1800):
            os.mkdir("d")
            os.chdir("d")
        tried()
        time.sleep(100)
        """,
    ),
    attack("stops_itself", "timed out", HANG, fit="tried(); os.kill(os.getpid(), signal.SIGSTOP)"),
)

ENDED = "ended without an answer|TRIED"  # the last line that it printed
ENDING = (
    *(
        attack(f"{how}_in_{where}", "failed", ENDED, **{where: f"tried(); {what}"})
        for how, what in (("exits", "os._exit(0)"), ("crashes", "ctypes.string_at(0)"))
        for where in ("top", "fit", "predict")
    ),
    attack(
        "exits_between_answers",
        "failed",
        ENDED,
        predict="tried(); threading.Timer(0.1, os._exit, [0]).start()\n" + toy.SUM,
        fit="wait = time.sleep; Model.predict, first = (lambda *a: (wait(0.3), first(*a))[1]),"
        " Model.predict",
    ),
    attack(
        "closes_everything", "failed", "Bad file descriptor", fit="tried(); os.closerange(3, 1024)"
    ),
    attack(
        "ends_with_terminal_escapes",
        "failed",
        "script",
        fit="""
        tried()
        os.write(2, b"\\x1b[2J\\x1b]0;taken\\x07\\xe2\\x80\\xaehidden\\r<script>" + b"\\0" * 9)
        os._exit(1)
        """,
    ),
)

PATCHING = (
    attack(
        "patches_what_the_worker_uses",
        "failed",
        "values are NaN",
        fit="""
        import benchmark.worker.protocol, benchmark.core
        tried()
        np.isfinite = lambda *a, **k: np.True_
        json.dumps = lambda *a, **k: '{"array": ["<f8", [50, 1]]}'
        benchmark.core.Asked = sys.modules["__main__"].Asked = None
        """,
        predict="return np.full(shape, np.nan)",
    ),
    attack(
        "patches_the_protocol",
        "failed",
        "expected shape|expected real numbers|no message|before it was asked",
        fit="""
        from benchmark.worker import protocol
        tried()
        def send(pipe, head, *arrays, **_):
            pipe.write(b'{"array": ["O", [50, 1]]}\\n' + b"\\x80\\x04K\\x01." * 99)
        protocol.send = send
        """,
        predict="return np.zeros(shape)",
    ),
    attack(
        "changes_the_size_of_the_shared_memory",
        fit="""
        def reseal(file):
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
        for name in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                if "/memfd:" in os.readlink(f"/proc/self/fd/{name}"):
                    tried("a descriptor")
                    for change in (
                        lambda f: os.ftruncate(f, 0),
                        lambda f: os.ftruncate(f, 999 * MB),
                        lambda f: os.pwrite(f, b"1", 99 * MB),
                        reseal,
                    ):
                        with contextlib.suppress(OSError):
                            change(int(name))
                            got("another size of the shared memory")
        for one in gc.get_objects():
            with contextlib.suppress(OSError, ValueError, SystemError, BufferError):
                if isinstance(one, mmap.mmap):
                    one.resize(999 * MB)
                    got("a larger map")
        tried()
        """,
    ),
    attack(
        "brings_its_own_numpy",
        ("good", "failed"),
        top="""
        tried()
        Path("/tmp/numpy.py").write_text("raise SystemExit")
        Path("/tmp/sitecustomize.py").write_text("raise SystemExit")
        sys.path.insert(0, "/tmp")
        for name in list(sys.modules):
            if name.startswith(("numpy", "benchmark", "json")):
                del sys.modules[name]
        """,
    ),
    attack(
        "reports_absurd_costs",
        fit="""
        tried()
        self.parameters, self.flops, self.history = -(10**4000), -1e308, [-1e308] * 5000
        """,
    ),
)


def forged(name: str, head: str, reason: str, body: str = "b''", ends: str = "failed") -> Attack:
    """An entry that writes a message of its own in the place of an answer."""
    return attack(
        f"forges_{name}",
        ends,
        reason,
        predict=f"tried(); write_answer({head} + b'\\n' + {body}); time.sleep(0.2); os._exit(0)",
    )


def typed(kind: str, shape: str = "[50, 1]") -> str:
    return repr(f'{{"array": [{kind}, {shape}]}}'.encode())


SHAPE, BROKEN = "expected shape", "no message"
# One of each kind, as a whole job; test_forged_answers.py has the many ways to forge one.
FORGED = (
    forged("objects", typed('"O"'), "expected real numbers", "b'\\x80\\x04K\\x01.' * 99"),
    forged("a_huge_shape", typed('"<f8"', "[1000000000000, 1000000]"), SHAPE),
    forged("deep_lists", "b'[' * 30_000", BROKEN),
    forged("a_long_line", "b'x' * 100_000", "a line without an end"),
    forged("half_an_array", typed('"<f8"'), "in the middle of an array|TRIED", "b'x' * 100"),
    attack(
        "answers_in_big_endian",  # big-endian is a real number like any other
        predict="tried(); " + toy.SUM + ".astype('>f8')",
    ),
    attack(
        "answers_before_it_is_asked",
        "failed",
        "before it was asked",
        fit="""
        tried()
        # At once: an answer in the moment of the question would look like a fast one.
        write_answer(b'{"made": true}\\n' + 9 * (b'{"array": ["<f8", [50, 1]]}\\n' + bytes(400)))
        """,
    ),
    attack(
        "answers_twice",
        "failed",
        "before it was asked",
        predict="""
        tried()
        answer = (inputs['x'] @ np.float32([[2.0], [-1.0]])).reshape(shape)
        write_answer(b'{"array": ["<f4", [50, 1]]}\\n' + answer.tobytes())
        return answer
        """,
    ),
    attack(
        "sends_nested_lists_at_start",
        "failed",
        BROKEN,
        top="tried()\nwrite_answer(b'[' * 50_000 + b'\\n')",
    ),
    attack(
        "sends_forged_costs",
        ("good", "failed"),
        fit="""
        tried()
        write_answer(b'{"parameters": 1e999, "history": {"a": [NaN]}, "flops": []}\\n')
        """,
    ),
    attack(
        "answers_with_the_largest",
        "failed",
        "too large",
        predict="tried(); return BIG(shape)",
        top="BIG = lambda shape: np.where(np.arange(50)[:, None] % 2, 1e308, -1e308)",
    ),
    attack(
        "answers_with_objects",
        "failed",
        "expected numbers",
        predict="tried(); return np.full(shape, {})",
    ),
    attack("answers_with_another_shape", "failed", SHAPE, predict="tried(); return np.zeros(9)"),
)

TEXTS = (
    Attack(
        "forges_a_long_text",
        forged("", typed('"<u4"', "[1000000000]"), "").text.replace('["toy"]', '["spell"]'),
        ("failed",),
        "expected at most",
    ),
)

HARMLESS_READING = ("reads_known_answer_paths", "reads_all_environments", "opens_shared_memory")
UNSANDBOXED = tuple(
    a
    for a in (*READING, *BREAKING, *attacks_views.ATTACKS)
    if a.name in (*HARMLESS_READING, *attacks_views.HARMLESS, "uses_the_network")
)
SANDBOX = (
    *(*READING, *BREAKING, *EXHAUSTING),
    *(*attacks_accounting.ATTACKS, *attacks_calls.ATTACKS, *attacks_views.ATTACKS),
)
ORDINARY_LIMITS = tuple(
    a for a in HANGING if a.name in ("hangs_in_fit", "nests_folders_deeply_and_hangs")
)
PROTOCOL = (
    *(*ENDING, *PATCHING, *FORGED, *TEXTS),
    *(*attacks_order.ATTACKS, *attacks_texts.ATTACKS),
)
