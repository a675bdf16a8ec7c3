from benchmark.results import aggregation, environment
from example_result import RESULT


def test_a_gpu_is_named_where_a_job_was_given_one(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "GPUS", tmp_path)
    assert environment.describe(tmp_path, gpu=True)["gpu"] is None
    for number in "12":
        (tmp_path / number).mkdir()
        (tmp_path / number / "information").write_text("Model: \t NVIDIA H200\nIRQ: 3\n")
    assert environment.describe(tmp_path, gpu=True)["gpu"] == "NVIDIA H200"
    assert "gpu" not in environment.describe(tmp_path)


def test_variables_that_reach_the_model_are_named_without_their_values(tmp_path, monkeypatch):
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    assert "LD_LIBRARY_PATH" not in environment.describe(tmp_path)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/home/me/lib")
    found = environment.describe(tmp_path, gpu=True)
    assert found["LD_LIBRARY_PATH"] == "set"
    result = RESULT.model_copy(update={"environment": found, "status": "failed"})
    kept = aggregation.aggregated(result, b"salt").environment
    assert not kept.keys() & {"gpu", "LD_LIBRARY_PATH", "commit"}
    assert kept["cores"] == found["cores"]
