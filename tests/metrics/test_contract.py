"""What every metric promises: a new file in the folder is tested by it."""

import numpy as np
import pytest

from benchmark.core import Signal
from benchmark.corpora import embedded
from benchmark.corpora.io.mel import SIGNAL, log_mel
from benchmark.corpora.simulated import reader
from benchmark.metrics import text
from benchmark.report import metrics_page
from parts import needs

SENTENCE = "u01-s001"
FOUND = metrics_page.all_metrics()
every = pytest.mark.parametrize("metric", FOUND, ids=lambda m: m.id)


@pytest.fixture
def example(inputs):
    """(prediction, target, signal) that a metric can score, by the first word of its id."""

    def make(metric):
        word = metric.id.partition("@")[0].partition(".")[0]
        auxiliary = ()
        if "log_mel" in metric.id or "griffin_lim" in metric.id:
            signal = SIGNAL
            clean, noisy = inputs.speech(22_050, seconds=1.5)
            settings = 22_050, 1024, 256, 80, 0, 8_000
            target, prediction = (log_mel(x, *settings) for x in (clean, noisy))
        elif word in {"wer_asr", "cer_asr"}:
            signal = SIGNAL
            target = reader.read(embedded.FOLDER, SENTENCE, "mel")
            prediction = target[::-1].copy()
            auxiliary = (reader.read(embedded.FOLDER, SENTENCE, "grammar_text"),)
        elif word in {"pearson", "rmse", "r2", "ccc", "mel_mse", "mel_r", "mcd"}:
            signal = Signal(unit="mm", dtype="float64", rate=100.0, frame=(4,))
            target, prediction = inputs.trajectories()
            if "in_speech" in metric.id:
                auxiliary = (np.arange(len(target)) % 3 > 0,)
        elif word in {"pesq_wb", "pesq_nb", "stoi", "estoi", "si_sdr"}:
            if word.startswith("pesq"):
                needs("pesq")
            signal = Signal(unit="", dtype="float64", rate=16_000.0)
            target, prediction = inputs.speech(seconds=1.5)
            target = target + 0.3 * (prediction - target)  # none is silent where the other is not
        elif word == "pitch_r":
            signal = Signal(unit="Hz", dtype="float64", rate=100.0, frame=(1,))
            target, prediction = (x[:, :1] - np.median(x) for x in inputs.trajectories())
            auxiliary = (np.arange(len(target)) % 3 > 0,)
        elif word in {"wer", "cer", "per"}:
            signal = Signal(unit="text", dtype="uint32")
            target, prediction = text.encoded("a whole sentence"), text.encoded("a hole")
        elif word in {"ssim", "msd", "hausdorff", "tip", "cw_ssim", "psnr"}:
            signal = Signal(
                unit="",
                dtype="uint8",
                rate=60.0,
                frame=(96, 96),
                span=255.0,
                fan=(47.5, 110.0, 0.8),
                sector=(40.0, 20.0, 85.0),
            )
            target, prediction = inputs.ultrasound(), inputs.ultrasound(seed=5, centre=64.0)
        else:
            signal = Signal(unit="", dtype="int64", labels=("a", "b", "c"))
            target, prediction = np.array(2), np.array(1)
        return (prediction, target, signal, *auxiliary)

    return make


def test_ids_are_unique_and_carry_a_version():
    ids = [metric.id for metric in FOUND]
    assert len(set(ids)) == len(ids) >= 20
    assert all(id_.partition("@")[2].isdigit() for id_ in ids)


@every
def test_a_metric_keeps_its_contract(metric, example):
    given = example(metric)
    statistics = metric.measure(*given)
    assert statistics.dtype == np.float64
    assert statistics.ndim == 1
    assert np.isfinite(statistics).all()
    describes_itself(metric)
    knows_what_it_can_give(metric, given, statistics)
    reduces_any_stack_of_sums(metric, statistics)
    orders_its_scale(metric, given, statistics)
    repeats_itself_and_changes_nothing(metric, given, statistics)
    ignores_memory_layout(metric, given, statistics)


def describes_itself(metric):
    assert metric.title
    assert metric.definition
    assert metric.source


def knows_what_it_can_give(metric, given, statistics):
    """What `measure` gives, for any pair, is plausible; another length or count is not."""
    prediction, target, signal, *auxiliary = given
    rows = [statistics]
    for first, second in ((target, target), (target, prediction), (prediction, prediction)):
        rows.append(metric.measure(first.copy(), second.copy(), signal, *auxiliary))
    if metric.worst is not None:
        rows.append(metric.worst(signal))
    found = metric.plausible(np.stack(rows), signal)
    assert found.tolist() == [True] * len(rows)
    assert metric.plausible(np.empty((0, len(statistics))), signal).shape == (0,)
    longer = np.hstack([np.stack(rows), np.zeros((len(rows), 1))])
    for other in (longer, longer[:, : len(statistics) - 1], longer[:, :1], longer[:, :0]):
        assert not metric.plausible(other, signal).any()
    # Half a word, two answers, a recording that weighs twice or nothing at all.
    wrong = [0.5, -1.0, 0.0] if metric.id[:3] in ("wer", "cer", "per") else [0.5, 2.0, -1.0, 0.0]
    for factor in wrong:
        if metric.has_confusion:
            bad = statistics * factor
        else:
            bad = np.concatenate([statistics[:1], [factor], statistics[2:]])
        assert not metric.plausible(np.stack([statistics, bad]), signal)[1]
    for value in (np.nan, np.inf):
        bad = statistics.copy()
        bad[-1] = value
        assert not metric.plausible(bad[None], signal).any()


def reduces_any_stack_of_sums(metric, statistics):
    one = metric.reduce(statistics)
    assert np.shape(one) == ()
    stack = np.broadcast_to(3 * statistics, (2, 5, statistics.size))
    assert metric.reduce(stack) == pytest.approx(np.full((2, 5), one))


def orders_its_scale(metric, given, statistics):
    """worst score < imperfect < perfect, all on the scale."""
    _, target, signal, *auxiliary = given
    perfect = metric.reduce(metric.measure(target.copy(), target, signal, *auxiliary))
    values = [metric.reduce(statistics), perfect]
    if metric.worst is not None:
        floor = metric.worst(signal)
        assert floor.shape == statistics.shape
        assert floor.dtype == np.float64
        values = [metric.reduce(floor), *values]
    sign = 1 if metric.better == "higher" else -1
    assert (np.diff(values) * sign > 0).all()
    low, high = (
        np.inf * sign if end is None else end
        for end, sign in zip(metric.scale, (-1, 1), strict=True)
    )
    assert min(values) >= low - 1e-9
    assert max(values) <= high + 1e-9


def repeats_itself_and_changes_nothing(metric, given, statistics):
    """Also read-only input, which the evaluator hands out, and the global random generator."""
    for array in given[:2]:
        array.flags.writeable = False
    np.random.seed(3)
    before = np.random.get_state()
    for _ in range(5):
        assert metric.measure(*given).tobytes() == statistics.tobytes()
    after = np.random.get_state()
    assert before[2:] == after[2:]
    assert np.array_equal(before[1], after[1])


def ignores_memory_layout(metric, given, statistics):
    prediction, target, *rest = given
    strided = np.stack([prediction, prediction], axis=-1)[..., 0]
    again = metric.measure(strided, np.asfortranarray(target), *rest)
    assert again == pytest.approx(statistics, rel=1e-9)
