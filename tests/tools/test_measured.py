"""What the document of the embedded corpus says was measured is what the pages of results say."""

import importlib
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
PAGE = """
### EMG to mel: embedded, new sentences

`emg_to_mel` on `embedded.new_sentences`: 2 test recordings.

| tier | entry | Mel MSE [ln²] ↓ | Mel r ↑ | Mel MSE in speech [ln²] ↓ | code |
|---:|---|---:|---:|---:|---|
| 1 | a\\_net | **1.5 [1.4, 1.6]** | 0.7 (1) | 2.5 [2.4, 2.6] (2) | x |
| 1 | other | **1.6 [1.5, 1.7]** | 0.6 (1) | 2.4 [2.3, 2.5] (1) | x |
| 2 | ridge | 2.0 [1.9, 2.1] | 0.5 (2) | 2.3\u00a0[2.2,\u00a02.4]\u00a0(1)† | x |
| 3 | nuisance *trivial baseline* | 2.6 [2.5, 2.7] | undefined | 2.2 [2.1, 2.3] (1) | x |
| 4 | mean *trivial baseline* | 3.0 [2.9, 3.1] | undefined | 2.9 [2.8, 3.0] (3) | x |
| – | oracle_target *oracle* | 0.0 [0.0, 0.0] | 1.0 | 0.0 [0.0, 0.0] | x |

Paired by speaker.

### EMG to mel: somach, other

`emg_to_mel` on `somach.other`: 2 test recordings.

| tier | entry | Mel MSE [ln²] ↓ |
|---:|---|---:|
| 1 | ridge | 2.0 [1.9, 2.1] |
"""


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    return importlib.import_module("measured")


def test_the_document_has_the_table_of_today(tool):
    text = tool.PAGE.read_text("utf-8")
    assert text.count(tool.BEGIN) == 1
    assert tool.renewed(text) == text, "run: python tools/measured.py"


def test_a_table_has_the_best_network_the_line_and_the_best_that_knows_nothing(tool):
    (table,) = tool.tables(PAGE)
    first, second = tool.lines(table)
    about = "| emg_to_mel | new_sentences | "
    assert first == (
        f"{about}Mel MSE [ln²] ↓ | 1.5 [1.4, 1.6] `a_net` | 2.0 [1.9, 2.1] `ridge` | "
        "2.6 [2.5, 2.7] `nuisance` | +30.0 % |"
    )
    assert second == (
        f"{about}Mel MSE in speech [ln²] ↓ | 2.4 [2.3, 2.5] `other` | 2.3 [2.2, 2.4] `ridge` | "
        "2.2 [2.1, 2.3] `nuisance` | **-4.3 %** |"
    )
