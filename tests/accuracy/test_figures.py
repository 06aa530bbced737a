"""The tables of the documents are those that the benchmarks' figures give; the benchmarks run."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def benchmark(monkeypatch):
    """Imports a module of benchmarks/ as its own scripts do."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module


def test_tables_of_the_documents_are_up_to_date():
    command = [sys.executable, str(ROOT / "tools" / "performance_table.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1,234"), (123.4, "123"), (12.34, "12.3"), (1.234, "1.23"), (0.1234, "0.123")],
)
def test_figures_have_three_digits(benchmark, value, text):
    assert benchmark("common").digits(value) == text


def test_machine_limits_do_the_work_they_count(benchmark, monkeypatch):
    limits = benchmark("machine_limits")
    monkeypatch.setattr(limits, "CHUNKS", 4)
    target = limits.current_target()
    size = 4 * 8 * target.lanes32
    a, b, c = (np.zeros(size, np.float32) for _ in range(3))
    b[:], c[:] = np.arange(size), 1.0
    limits.best_time(limits.stream_text(target, True, 8, 2), [a, b, c], True, 0)
    np.testing.assert_array_equal(a, np.arange(size) + 3.0)
    limits.best_time(limits.stream_text(target, False, 8, 1), [a, b, c], False, 0)
    np.testing.assert_array_equal(a, b)


def test_profile_counts_every_product_of_a_step(benchmark):
    profile = benchmark("profile_steps")
    keras = profile.keras
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(5, activation="relu"), keras.layers.Dense(3)]
    )
    model.compile("adam", "mse")
    with profile.recorded() as calls:
        model.fit(np.ones((8, 6), "float32"), np.ones((8, 3), "float32"), batch_size=4, verbose=0)
    executable, call = max(calls.items(), key=lambda item: len(item[0].compiled.steps))
    found = profile.profile(executable, call, 0)
    # Two layers forward, both weight gradients, one data gradient.
    assert sum(kernel["flops"] for kernel in found["kernels"]) == 2 * 4 * (2 * 6 * 5 + 3 * 5 * 3)
    assert all(kernel["us"] > 0 for kernel in found["kernels"])
    assert "products" in profile.report("small", found, 3)
