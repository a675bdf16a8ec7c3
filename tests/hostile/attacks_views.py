"""Hostile entries on what is visible: copies of answers, the machine's files, other folds."""

from __future__ import annotations

from hostile.attack import Attack, attack

ATTACKS: tuple[Attack, ...] = (
    attack(
        "searches_libraries_for_copies",
        fit="""
        if not os.path.exists("@LIBRARIES@/attacks_library.py"):
            got("the loss of a library of PYTHONPATH")
        for folder, folders, files in os.walk("@LIBRARIES@"):
            for name in files:
                check_file(os.path.join(folder, name))
        tried()
        """,
    ),
    attack(
        "searches_everything_for_copies",
        fit="""
        marks = ({"core.py", "corpora"}, {"embedded", "somach"}, {"run_benchmark.py"},
                 {"tasks", "baselines"}, {"HEAD", "objects", "refs"}, {"visible", "answers"})
        for folder, folders, files in os.walk("/"):
            if folder == "/proc":
                folders.clear()
            for mark in marks:
                if mark <= {*folders, *files}:
                    got(f"sight of {folder}")
            for name in files:
                if name.startswith("silentbench") and not folder.endswith("/bin"):
                    with contextlib.suppress(OSError), open(f"{folder}/{name}", "rb"):
                        got(f"sight of {folder}/{name}")
        tried()
        """,
    ),
    attack(
        "imports_an_installed_copy",
        fit="""
        import importlib.util
        import attacks_library
        for folder in sys.path:
            for name in ("corpora", "metrics", "data"):
                if os.path.exists(f"{folder}/benchmark/{name}"):
                    got(f"{folder}/benchmark/{name}")
        sys.path.insert(0, "@LIBRARIES@")
        for name in [name for name in sys.modules if name.partition(".")[0] == "benchmark"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        with contextlib.suppress(ImportError):
            import benchmark.corpora
            got(benchmark.corpora.__file__)
        tried()
        """,
    ),
    attack(
        "searches_answers_by_their_content",
        fit="""
        answers = set()
        for speaker in range(4):
            rng = np.random.default_rng([speaker, 5])
            x = rng.normal(size=(50, 2)).astype(np.float32)
            y = x @ np.float32([[2.0], [-1.0]]) + rng.normal(size=(50, 1)).astype(np.float32)
            answers.add(y.astype(np.float32).tobytes())
        known = ("/proc", "/dev/", "/usr", sys.prefix, sys.base_prefix)
        for folder, folders, files in os.walk("/"):
            if (folder + "/").startswith(known):
                folders.clear()
                continue
            for name in files:
                with contextlib.suppress(OSError):
                    with open(os.path.join(folder, name), "rb") as file:
                        content = file.read(65_536)
                    if any(answer in content for answer in answers):
                        got(f"an answer in {folder}/{name}")
        tried()
        """,
    ),
    attack(
        "looks_where_the_machine_keeps_things",
        fit="""
        kept = {"zoneinfo", "terminfo", "ca-certificates"}
        for folder in ("/usr/share", "/usr/src", "/usr/games", "/usr/local/src", "/usr/local/share",
                       "/usr/local/data", "/opt", "/srv", "/var", "/home", "/mnt", "/media"):
            ways = (*sys.path, sys.prefix, sys.base_prefix, str(ROOT), __file__)
            inside = [w[len(folder) + 1 :] for w in ways if w.startswith(folder + "/")]
            way = {w.partition("/")[0] for w in inside}
            with contextlib.suppress(OSError):
                if more := set(os.listdir(folder)) - kept - way:
                    got(f"sight of {folder}: {sorted(more)[:5]}")
        tried()
        """,
    ),
    attack(
        "tells_the_kernel_whom_to_kill",
        fit="""
        for name in ("oom_score_adj", "oom_adj", "coredump_filter", "comm", "timerslack_ns",
                     "clear_refs", "sched", "autogroup", "projid_map", "task/self/comm"):
            for who in ("self", "thread-self", "1", str(os.getppid())):
                with contextlib.suppress(OSError):
                    with open(f"/proc/{who}/{name}", "w") as file:
                        file.write("0")
                    got(f"a word to /proc/{who}/{name}")
        tried()
        """,
    ),
    attack(
        "shares_memory_by_a_device",
        fit="""
        for name in ("/dev/zero", "/dev/mem", "/dev/udmabuf", "/dev/dma_heap/system", "/dev/null",
                     "/dev/full", "/dev/random"):
            with contextlib.suppress(OSError, ValueError):
                with open(name, "r+b", 0) as device:
                    mmap.mmap(device.fileno(), MB)[::4096]
                    got(f"memory by {name}")
        tried()
        """,
    ),
    attack(
        "opens_a_terminal",
        fit="""
        for name in ("/dev/ptmx", "/dev/pts/ptmx", "/dev/tty", "/dev/console"):
            with contextlib.suppress(OSError):
                os.close(os.open(name, os.O_RDWR))
                got(name)
        tried()
        """,
    ),
    attack(
        "reads_what_the_machine_counts",
        fit="""
        for name in ("vmstat", "diskstats", "interrupts", "softirqs", "loadavg", "locks",
                     "schedstat", "zoneinfo", "buddyinfo", "pressure/io", "sys/fs/dentry-state",
                     "sys/fs/inode-nr", "sys/fs/file-nr", "kallsyms",
                     *(p.relative_to("/proc") for p in Path("/proc/fs").rglob("*"))):
            with contextlib.suppress(OSError):
                if content := Path("/proc", name).read_text():
                    got(f"/proc/{name}: {content[:30]}")
        tried()
        """,
    ),
    attack(
        "leaves_a_mark_by_reading",
        fit="""
        files = sorted(Path(np.__file__).parent.glob("*.py"))[:100]
        before = [(p.stat().st_atime_ns, p.stat().st_ctime_ns) for p in files]
        for path in files:
            path.read_bytes()
            with contextlib.suppress(OSError):
                os.utime(path)
            with contextlib.suppress(OSError):
                os.setxattr(path, "user.mark", b"1")
        if before != [(p.stat().st_atime_ns, p.stat().st_ctime_ns) for p in files]:
            got("a time that others can read")
        tried()
        """,
    ),
)
HARMLESS = (  # also without a sandbox, where they succeed
    *("searches_libraries_for_copies", "imports_an_installed_copy", "shares_memory_by_a_device"),
    "reads_what_the_machine_counts",
)
