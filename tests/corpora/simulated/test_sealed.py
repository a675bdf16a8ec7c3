"""Sealed corpora: made from a secret, kept out of repositories, and silent about the secret."""

import shutil
import stat
from dataclasses import replace

import lookup_entry
import pytest
from typer.testing import CliRunner

import toy
from benchmark import registry
from benchmark.cli.app import app
from benchmark.core import Fold, Paths, Split, UserError
from benchmark.corpora import simulated
from benchmark.corpora.simulated import files, fixture, mixtures, plan, reader, sealed
from benchmark.corpora.simulated.synthesis import parts
from benchmark.execution import plan as run_plan
from benchmark.execution.executors import local_executor
from benchmark.execution.seal.combined import Sealed
from benchmark.execution.seal.score import score
from benchmark.results.sealed.file import secret_digest
from benchmark.results.sealed.gaps import gaps
from parts import ROOT, needs

SECRET = b"a secret of thirty-two bytes that is for tests alone"
SHORT = SECRET + b" 38"  # its sentences are short
SHARE = plan.Share(sentences=2)
TASK = "emg_to_articulation"
HONEST = {"all": ":", "even": "::2", "odd": "1::2", "first": ":3", "last": "3:"}
FIT = """
def seen(emg, frames):
    ends = np.linspace(0, len(emg), frames + 1).astype(int)
    loud = np.add.reduceat(np.abs(emg[:, MUSCLES] - emg[:, MUSCLES].mean(0)), ends[:-1])
    loud = np.log(loud / np.diff(ends)[:, None] + 1e-3)
    near = [np.roll(loud, by, axis=0) for by in range(-12, 13, 4)]
    return np.hstack([*near, np.ones((frames, 1))])

self.seen = seen
x = np.vstack([seen(r["emg"], len(r["articulation"])) for r in train])
y = np.vstack([r["articulation"] for r in train])
self.weights = np.linalg.solve(x.T @ x + 10 * np.eye(x.shape[1]), x.T @ y)
"""
PREDICT = "return self.seen(inputs['emg'], shape[0]) @ self.weights"


@pytest.fixture
def planned(monkeypatch):
    """The plans that would have been built."""
    found = []

    def build(chosen, _folder, _jobs, _say, sealed):
        assert sealed == "a digest"
        found.append(chosen)

    monkeypatch.setattr(sealed, "build", build)
    return found


def make(folder, secret=SECRET, share=SHARE):
    sealed.make(secret, "a digest", share, 2, folder, 1)


def test_a_secret_decides_talkers_and_texts(planned, tmp_path):
    for secret in (SECRET, SECRET, SECRET + b"!"):
        make(tmp_path / "sealed", secret)
    first, again, other = planned
    assert first == again
    assert {t.warp for t in first.talkers}.isdisjoint({t.warp for t in other.talkers})
    assert {t.text for t in first.takes}.isdisjoint({t.text for t in other.takes})


def test_nobody_else_has_the_names_and_sentences_of_what_is_sealed(planned, tmp_path):
    make(tmp_path / "sealed")
    public = [*plan.release().takes, *plan.development().takes]
    assert {t.text for t in planned[0].takes}.isdisjoint({t.text for t in public})
    others = plan.drawn("public", 2, SHARE).talkers + plan.release().talkers
    assert {t.id for t in planned[0].talkers}.isdisjoint({t.id for t in others})


def test_only_the_user_can_read_the_folder(planned, tmp_path):
    (tmp_path / "sealed").mkdir(mode=0o755)
    make(tmp_path / "sealed")
    assert stat.S_IMODE((tmp_path / "sealed").stat().st_mode) == 0o700
    assert planned


@pytest.mark.parametrize("kind", ["folder", "file"])  # a file in further working trees
def test_a_folder_inside_a_git_repository_is_refused(planned, tmp_path, kind):
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / ".git").mkdir() if kind == "folder" else (repository / ".git").write_text("")
    (repository / "inner").mkdir()
    (tmp_path / "link").symlink_to(repository / "inner")
    for place in (repository, repository / "a" / "b", tmp_path / "link" / "a"):
        with pytest.raises(UserError, match="inside the git repository"):
            make(place)
    assert not planned
    assert not (repository / "a").exists()


def test_recordings_of_others_are_left_as_they_are(planned, tmp_path):
    shutil.copytree(ROOT / "tests/corpora/simulated/takes", tmp_path / "public")
    (tmp_path / "public").chmod(0o755)
    with pytest.raises(UserError, match="expected an empty folder, or what was made from this"):
        make(tmp_path / "public")
    assert stat.S_IMODE((tmp_path / "public").stat().st_mode) == 0o755
    assert not planned


def test_a_place_where_no_folder_can_be_is_named(planned, tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "inner"):
        with pytest.raises(UserError, match="expected a folder to write in, but"):
            make(place)
    assert not planned


def test_one_sentence_a_talker_is_too_few(planned, tmp_path):
    with pytest.raises(UserError, match="expected 2 or more of each talker, found 1"):
        make(tmp_path / "sealed", share=plan.Share(sentences=1))
    assert not planned


def test_the_list_says_that_it_is_sealed_and_the_secrets_digest_alone():
    seed, digest = sealed.seed_of(SECRET), secret_digest(SECRET)
    head = parts.header(seed, [], digest)
    assert head["sealed"] is True
    assert head["seed_sha256"] == digest
    assert seed not in str(head)
    assert SECRET.hex() not in str(head)
    assert SECRET.decode() not in str(head)
    assert "sealed" not in parts.header("public", [])


def invoke(*arguments):
    return CliRunner().invoke(app, ["seal", "make", *map(str, arguments)])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"password\n", "expected 32 bytes or more, 8 of them different, found 8"),
        (None, "read"),
        (bytes(range(256)) * 257, "65,536 bytes or less"),
    ],
)
def test_a_bad_secret_is_refused(tmp_path, content, says):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    done = invoke("--secret-file", path, "--out", tmp_path / "sealed")
    assert done.exit_code == 2
    assert says in done.stderr
    assert "password" not in done.stderr
    assert not (tmp_path / "sealed").exists()


# From end to end: two talkers with two sentences each


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A sealed corpus by the command, and what the command said."""
    needs("vocaltractlab_cython")
    place = tmp_path_factory.mktemp("made")
    secret, out = place / "secret", place / "sealed"
    secret.write_bytes(SHORT + b"\n")
    size = ("--talkers", 2, "--sentences", 2, "--workers", 2)
    done = invoke("--secret-file", secret, "--out", out, *size)
    assert done.exit_code == 0, done.output
    return out, done.output


@pytest.mark.slow
def test_a_sealed_corpus_is_made_and_read(made):
    out, said = made
    assert reader.secret_of(out) == secret_digest(SHORT)
    assert {r.id for r in reader.recordings(out)} >= {
        f"z{n:02}-s00{k}" for n in (1, 2) for k in (1, 2)
    }
    listed = files.read_manifest(out)
    assert {path.name for path in out.iterdir()} == {files.MANIFEST, *listed["files"]}
    for path in out.iterdir():
        content = path.read_bytes()
        assert SHORT not in content
        assert sealed.seed_of(SHORT).encode() not in content
    assert SHORT.decode() not in said


@pytest.mark.slow
def test_mixtures_of_sealed_sentences_are_all_to_test(made):
    recipes = reader.recipes(made[0]).values()
    assert {recipe.role for recipe in recipes} == {"test"}
    assert len({recipe.clean for recipe in recipes}) == 4


@pytest.mark.slow
def test_on_a_sealed_corpus_a_lookup_entry_is_unmasked(made, tmp_path):
    """The public corpus is the miniature; honest entries see a part of the muscles each."""
    public = tmp_path / "public"
    fixture.write(public)
    corpus = replace(simulated.CORPUS, locate=lambda _: public, files=None)
    of = mixtures.roles(reader.sentences(public))
    roles = (tuple(id for id in of if of[id] == role) for role in ("train", "valid", "test"))
    split = Split("simulated.new", "", ("text",), {"all": Fold(*roles)}, "5" * 64)
    paths = Paths(tmp_path / "project", tmp_path, tmp_path / "runs")
    for name in ("tasks", "baselines", "submissions"):
        (paths.root / name).mkdir(parents=True)
    shutil.copy(ROOT / "tasks" / f"{TASK}.py", paths.root / "tasks")
    shutil.copytree(ROOT / "tasks" / "lexicons", paths.root / "tasks" / "lexicons")
    for name, muscles in HONEST.items():
        text = toy.entry(FIT.replace("MUSCLES", muscles), PREDICT).replace('"toy"', f'"{TASK}"')
        (paths.root / "baselines" / f"{name}.py").write_text(text, "utf-8")
    known = [r for r in corpus.recordings(public) if of.get(r.id) == "test"]
    lookup_entry.write(paths.root, TASK, "emg", "articulation", known)
    scored = score(
        *(paths, TASK, (split, corpus), Sealed(corpus, made[0]), reader.secret_of(made[0])),
        *(run_plan.RunSelection(), local_executor(2), toy.CONFIG),
    )
    assert scored.failed == ()
    metric = registry.task(paths.root, TASK).metrics[0]
    found = gaps(metric, {(r.entry, r.variant): [r] for r in scored.results})
    assert {name for (name, _), gap in found.items() if gap.marked} == {"lookup"}, found
    assert found["lookup", "default"].public == pytest.approx(1.0)
    assert found["all", "default"].sealed > 0.1
