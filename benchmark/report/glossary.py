"""The terms of the benchmark: one word for one thing, each with its definition in a line.

They are read in three places: docs/glossary.md, the notes under tables, and the tooltips of the
site's column heads. Every head of a table is one of them or the title of a metric.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from benchmark.report import export

DATA = {
    "corpus": "A published set of recordings with its own reader, licence and version; *recorded*"
    " from people or *simulated*.",
    "recording": "The signals of one utterance or trial, from one speaker in one session.",
    "speaker": "The person, or the simulated vocal tract, that a recording comes from.",
    "talker": "A simulated speaker.",
    "take": "A recording of a talker; *silent* where the talker moves without voice.",
    "session": "Recordings of one speaker made without moving the sensors.",
    "split": "A named, fixed evaluation protocol: a set of train/validation/test folds over one"
    " corpus, kept as lists of recordings.",
    "protocol": "The rules of an evaluation: what is trained, chosen and tested on. Here each"
    " protocol is a split.",
    "fold": "One division of a split into training, validation and test recordings; no recording"
    " has two roles.",
    "noise": "The kind of noise in a noisy recording.",
    "SNR": "Signal-to-noise ratio of a noisy recording.",
    "leakage audit": "A comparison of test recordings with all that a model sees, by name and by"
    " content.",
    "checksum": "The SHA-256 of a file, compared with the published one or, where none is"
    " published, with the one stored when the corpus was first prepared.",
}
SYSTEMS = {
    "task": "What is predicted from which input signals, with its splits and its metrics.",
    "entry": "A system on the leaderboard: one module with a model class and a header that"
    " describes it.",
    "baseline": "An entry that is maintained with the benchmark.",
    "trivial baseline": "A row that ignores the input, such as the mean of the training targets,"
    " sees nothing of it but its length, its speaker or nuisance cues, or hands it through; the"
    " level that a useful system must beat.",
    "not above the best trivial baseline": "Of a row whose score by the first metric is worse than"
    " that of the best trivial baseline of the table, or better by no more than the 95% interval of"
    " the difference, both resampled together; where that is not possible, of a row whose score is"
    " not better. A row without a score is not above it. It has not shown that it reads the input.",
    "nuisance": "The trivial baseline that sees only how a recording was made: its duration, the"
    " level and the offset of each channel, and its silences. The cue is chosen by cross-validation"
    " on the training data; a signal is the mean course of the training targets at the level that"
    " the cue tells. An entry that does not beat it has not shown that it reads more.",
    "chance level": "The score of the true targets in the wrong place: those of other recordings"
    " for labels, for text and where a metric aligns in time (PESQ), else circularly shifted by"
    " half their length. Shown as the trivial baseline `chance`.",
    "oracle": "A row that is made from the answers, such as noisy speech with the magnitudes of"
    " the clean one: what can be reached at best. It is no entry and is never ranked; the best one"
    " of a table is 100% of the normalised score, of those limited by the input if there are such.",
    "variant": "One named configuration of an entry; the first of them represents the entry.",
    "ablation": "A comparison of variants of one entry that differ in one setting.",
    "reported figure": "A figure that a publication reports; listed for comparison, not measured"
    " here.",
    "parameters": "Number of trainable parameters, as counted by the model.",
    "causal": "Claimed by the entry and tested by replacing future input with noise: *yes*, or the"
    " measured look-ahead; *not testable* where no prediction repeats exactly.",
    "fraction": "Share of the training recordings that a variant uses.",
    "seconds": "How much of each recording a variant sees, from its middle.",
    "electrodes": "Number of input electrodes that a variant uses.",
    "calibration curve": "Scores on splits that test the same recordings and differ in how much of"
    " the new speaker or session trains.",
    "transfer": "Scores on splits that test the same recordings and differ in the kind of"
    " recordings that trains, such as silent speech by models of speech aloud.",
    "gain": "A score less another one, both resampled together, with the interval of the"
    " difference: of the largest amount of a calibration curve over the smallest, or of an entry"
    " over the unprocessed input.",
    "unprocessed input": "What an entry hands through as the answer, where an input of the task is"
    " an answer already: noisy speech, in speech enhancement.",
    "frames": "Number of input frames that a variant uses for one output frame.",
}
SCORES = {
    "metric": "A function of reference and prediction, named by definition, aggregation and"
    " version; ↑ higher is better, ↓ lower is better.",
    "score": "The value of a metric over all test recordings, averaged over seeds.",
    "confidence interval": "The range in brackets: 95% confidence interval (CI) from a bootstrap"
    " over speakers, or over sessions or recordings where there is one speaker; over texts as well"
    " where several speakers say the same. It is the interval of one row, not of the difference"
    " between two.",
    "normalised score": "0% = best trivial baseline, 100% = best oracle, or best possible value of"
    " the metric where no oracle is above all trivial baselines; with its 95% CI. The line below a"
    " table names both ends.",
    "tier": "Rows that are not significantly different from the best row of the tier (paired"
    " sign-flip test, Westfall-Young correction); 1 is best. There is none where no difference can"
    " be significant, as with five units or fewer. The column is by the first metric; the tier by"
    " each further metric follows its score in parentheses.",
    "P(best)": "Share of bootstrap resamples (as for the interval) in which this row ranks first.",
    "SD (seeds)": "Standard deviation of the score across random seeds; not part of the confidence"
    " interval.",
    "n seeds": "Number of random seeds that the score is averaged over.",
    "p": "Probability of a difference at least as large where two rows do not differ: a paired"
    " sign-flip test over units, two-sided, adjusted for the entries that are compared.",
    "average rank": "Mean rank over tasks; scores of different metrics are never averaged.",
    "best entry": "The highest-ranked entry that is not a trivial baseline.",
    "best trivial baseline": "The highest-ranked trivial baseline: 0% of the normalised score.",
    "reference": "The true target of a recording; rows of a confusion matrix.",
    "predicted": "What the model returned; columns of a confusion matrix.",
}
RUNNING = {
    "job": "Training and testing of one variant on one fold with one seed.",
    "result": "What one job leaves behind: scores by recording, costs, environment, and the"
    " checksums of code and data.",
    "published result": "A result beside its entry in the project: a line of scores, costs and"
    " digests, and a file of what each recording got.",
    "sealed test": "A test of the same trained models on simulated recordings that nobody has seen,"
    " made from a secret.",
    "public": "Of a sealed test: the score on the public test recordings.",
    "public better by": "By how much the public score is better than the sealed one, with the 95%"
    " confidence interval over speakers of both.",
    "gate": "The check of every published result against the entry, tasks, splits, metrics, data"
    " and code of today; what does not pass has no row and changes none.",
    "not listed": "A published result without a row, with its reason.",
    "reason": "Why a result has no row.",
    "results": "How many results have the same reason.",
    "first at": "File and line of the first of them.",
    "corpus index": "What the project knows of a corpus without its files: the digest of its"
    " content, and speaker, session and text of each recording.",
    "sandbox": "The isolated process that a model runs in: no network, no test targets, limited"
    " files, memory and time.",
    "not isolated": "Run without a sandbox: nothing kept the model from other files.",
    "brings weights": "The entry has files of weights, or more than 10,000 characters of data in"
    " its code. On public recordings they can hold the answers, which nobody can tell from what it"
    " learnt: only a sealed test shows it.",
    "predictions only": "Scored from submitted predictions; the model was not run here.",
    "verified": "Who has run the results of a row again and found the same: *CI*, a *maintainer*,"
    " with the number of them where it is not all; *claimed*: nobody yet.",
    "not verified": "Of a row with *predictions only*: nobody has scored the predictions again.",
    "real-time factor": "Prediction time divided by the duration of the input, alone on one core"
    " (`silentbench run --timing`); with ~ where other jobs ran at the same time.",
    "epochs": "Passes over the training recordings until training stopped: the mean over folds and"
    " seeds.",
    "best epoch": "The epoch with the lowest validation loss, counted from 1: the mean over folds"
    " and seeds.",
    "CPU time": "Processor time of one training, all processes together.",
    "first half": "How much of the fall of the validation loss the first half of the epochs had"
    " reached.",
    "fit time": "Training time of one seed, all folds, from the import of the entry on; with"
    " the CPU time of all its processes where it is known.",
}
ABBREVIATIONS = {
    "EMA": "Electromagnetic articulography: positions of coils on tongue, lips and jaw.",
    "EMG": "Electromyography: muscle activity, here from electrodes on face and neck.",
    "sEEG": "Stereotactic electroencephalography: depth electrodes in the brain.",
    "SPARC": "Speech articulatory coding: a model that infers EMA-like articulation, pitch and"
    " loudness from audio.",
    "TDX, TDY, TBX, TBY, TTX, TTY": "Position of tongue dorsum, blade and tip; X front to back, Y"
    " up and down, in the midsagittal plane.",
    "LIX, LIY, ULX, ULY, LLX, LLY": "Position of lower incisor, upper lip and lower lip.",
    "PESQ": "Perceptual evaluation of speech quality (ITU-T P.862), narrow band (NB) or wide band"
    " (WB).",
    "MOS-LQO": "Mean opinion score of listening quality, as predicted by an objective method.",
}
SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Data": DATA,
    "Tasks and systems": SYSTEMS,
    "Scores": SCORES,
    "Running": RUNNING,
    "Abbreviations": ABBREVIATIONS,
}
TERMS = {term: text for section in SECTIONS.values() for term, text in section.items()}
_BY_HEAD = {name: text for terms, text in TERMS.items() for name in terms.split(", ")}
KEY = (  # what every table is read by
    *("confidence interval", "tier", "normalised score", "trivial baseline", "nuisance"),
    *("not above the best trivial baseline", "oracle"),
    *("chance level", "real-time factor", "causal", "verified", "not verified", "not isolated"),
    "predictions only",
)
DETAILS = ("P(best)", "SD (seeds)", "n seeds")  # what only whole tables show
NORMALISED = "norm. score"  # the head of the normalised score, in a narrow column
PREFACE = """\
# Glossary

Made by `silentbench leaderboard` from `benchmark/report/glossary.py`; do not edit.
One word for one thing: documentation, column heads, messages and code use these. Metrics are
defined in [metrics.md](metrics.md).
"""


def definition(head: str) -> str:
    """What a column head means, as plain text; empty for what is no term, such as a speaker."""
    return _BY_HEAD.get(term(head), "").replace("*", "").replace("`", "")


def term(head: str) -> str:
    """The term that a head shows: in full, without a unit, an arrow, or what its brackets hold."""
    whole = head.replace(NORMALISED, "normalised score")
    return re.sub(r"\s?(\[[^\]]*\]|[↑↓])", "", whole).removesuffix(", sealed").strip()


def notes(names: tuple[str, ...]) -> list[str]:
    """Lines that explain terms under a table, in Markdown."""
    return [f"*{name}*: {TERMS[name]}" for name in names]


def page() -> str:
    """docs/glossary.md."""
    lines = [PREFACE.rstrip()]
    for title, terms in SECTIONS.items():
        lines += ["", f"## {title}", ""]
        lines += [f"- **{name}**: {text}" for name, text in terms.items()]
    lines += ["", "## Columns of `results.csv`", ""]
    lines += [f"- `{name}`: {text}" for name, text in export.COLUMNS.items()]
    return "\n".join(lines) + "\n"
