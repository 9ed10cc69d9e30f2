"""Twenty of the rounds that ``python -m evals.crash`` plays."""

from __future__ import annotations

import os

import pytest

from evals.crash import STAGES, Round, crash


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_killed_runs_lose_and_mix_nothing() -> None:
    played: list[Round] = []
    hits = crash(20, seed=1, log=played.append)
    assert len(played) == 20
    assert all(hits[stage] for stage in STAGES)
    assert "old" in {one.outcome for one in played}
