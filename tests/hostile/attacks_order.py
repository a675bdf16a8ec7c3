"""Hostile entries on the judge: the order of asking, its probes, what survives an attempt."""

from __future__ import annotations

import toy
from hostile.attack import attack

ATTACKS = (
    attack(
        "reads_names_of_recordings",  # which would tell what is missing, and so what is asked
        fit="""
        names = [r.id for r in (*train, *valid)]
        for path in glob.glob(f"{RUNS}/prepared/*/visible/**", recursive=True):
            names += [os.path.basename(path), os.readlink(path) if os.path.islink(path) else ""]
            if path.endswith(".json"):
                names += re.findall('"id": "([^"]*)"', Path(path).read_text())
        for name in names:
            if re.match("s[0-9]-[0-9]", name):
                got(f"the name {name}")
        if names != sorted(names) and [r.id for r in train] == sorted(r.id for r in train):
            got("an order of names")
        tried()
        """,
    ),
    attack(
        "looks_for_what_an_earlier_attempt_kept",
        ("failed",),
        "killed by a signal",
        fit="""
        if os.listdir(KEPT):
            got(f"what was kept: {os.listdir(KEPT)}")
        if len(os.listdir(KEPT.parent)) > 1:
            got(f"the folder of another worker: {os.listdir(KEPT.parent)}")
        """,
        predict="""
        tried()
        with contextlib.suppress(OSError):
            (KEPT / "seen").write_bytes(inputs["x"].tobytes())
        for place in (KEPT.parent, KEPT.parents[1]):
            with contextlib.suppress(OSError):
                (place / "loot").write_bytes(b"loot")
                got(f"a place beside its checkpoints: {place}")
        os.kill(os.getpid(), signal.SIGKILL)
        """,
    ),
    attack(
        "knows_which_worker_it_is",
        fit="""
        # What differs between two workers of one job, were it to: arguments, paths, descriptors.
        command = Path("/proc/self/cmdline").read_bytes()
        if re.search(b"probe|scored", command + repr(sorted(os.environ)).encode()):
            got(f"a name for itself: {command}")
        if len([p for p in os.listdir("/proc") if p.isdigit()]) > 3:
            got("sight of another worker")
        tried()
        """,
    ),
    attack(
        "answers_by_the_number_of_the_question",
        top="ASKED = []",
        predict="""
        ASKED.append(1)
        if os.path.exists(f"{RUNS}/prepared"):
            for path in glob.glob(f"{RUNS}/prepared/*/answers/**/*.npy", recursive=True):
                got(path)
        tried()
        """
        + toy.SUM,
    ),
)
