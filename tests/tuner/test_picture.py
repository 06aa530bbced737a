"""The picture of a search: what it shows, and what it needs."""

import numpy as np
import pytest
from tuner_cases import space

from caudal import tuner


@pytest.fixture
def search(tmp_path):
    class Search(tuner.Hyperband):
        def run_trial(self, trial, *args, **kwargs):
            kind, _, units, *_ = space(trial.hyperparameters)
            trial.hyperparameters.Fixed("steps", 3)
            return units + (kind == "cnn")

    made = Search(space, max_epochs=4, factor=2, seed=1, directory=tmp_path)
    made.oracle.verbose = 0
    return made


def test_every_trial_is_a_point_and_a_line(search, tmp_path):
    with pytest.raises(RuntimeError, match="no trial has a score yet"):
        search.plot()
    search.search()
    path = tmp_path / "search.png"
    above, below = search.plot(path).axes
    assert path.read_bytes().startswith(b"\x89PNG")
    trials = list(search.oracle.trials.values())
    points = above.lines[0].get_ydata()
    np.testing.assert_array_equal(points, [trial.score for trial in trials])
    np.testing.assert_array_equal(above.lines[1].get_ydata(), np.minimum.accumulate(points))
    names = [label.get_text() for label in below.get_xticklabels()]
    assert names == ["kind", "filters", "head/units", "head/rate", "depth", "default_objective"]
    lines = [np.asarray(line.get_ydata()) for line in below.lines[: len(trials)]]
    for line, trial in zip(lines, trials, strict=True):
        known = [name in trial.hyperparameters.values for name in names[:-1]]
        np.testing.assert_array_equal(~np.isnan(line[:-1]), known)
        assert np.nanmin(line) >= 0 and np.nanmax(line) <= 1
    assert lines[int(np.argmin(points))][-1] == 0


def test_what_is_wrong_is_named(search, monkeypatch):
    with pytest.raises(ValueError, match=r"must end in .pdf, .png, .svg, received 'search.doc'"):
        search.plot("search.doc")
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'caudal\[plot\]'"):
        search.plot()
