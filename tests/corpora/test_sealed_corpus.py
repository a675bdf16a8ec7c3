"""Sealed corpora: made from a secret, kept out of repositories, and silent about the secret."""

import stat

import pytest
from typer.testing import CliRunner

from benchmark.cli.app import app
from benchmark.core import UserError
from benchmark.corpora.simulated import files, plan, reader, sealed
from benchmark.corpora.simulated.synthesis import parts
from benchmark.results.sealed.file import secret_digest
from parts import needs

SECRET = b"a secret of thirty-two bytes that is for tests alone"
SHORT = SECRET + b" 38"  # its sentences are short
SHARE = plan.Share(sentences=2)


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
    ("content", "says"), [(b"password\n", "expected 32 bytes or more, found 8"), (None, "read")]
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


@pytest.mark.slow
def test_a_sealed_corpus_is_made_and_read(tmp_path):
    needs("vocaltractlab_cython")
    secret, out = tmp_path / "secret", tmp_path / "sealed"
    secret.write_bytes(SHORT + b"\n")
    size = ("--talkers", 2, "--sentences", 2, "--workers", 2)
    done = invoke("--secret-file", secret, "--out", out, *size)
    assert done.exit_code == 0, done.output
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
    assert SHORT.decode() not in done.output
