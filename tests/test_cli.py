"""The command `caudal`: scripts run as under python, checks run nothing, the demo learns."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from caudal.cli import main
from caudal.cli.check import find_missing
from caudal.cli.notebook import Program, read_program
from caudal.errors import InvalidArgumentError, NotFoundError

ROOT = str(Path(__file__).resolve().parent.parent)


def caudal(*arguments, cwd, module=True, **environment):
    """Runs the command in a process of its own."""
    path = os.pathsep.join([ROOT, os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "caudal", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture
def script(tmp_path):
    """Writes a program and returns its path."""

    def write(text, name="program.py"):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return write


# --- run


@pytest.mark.parametrize("prefix", [(), ("run",)])
def test_run_is_like_python(script, tmp_path, prefix):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "helper.py").write_text("value = 42\n")
    file = script(
        "import sys, helper, tensorflow as tf\n"
        "print(__name__, sys.argv, __file__, helper.value)\n"
        "print(int(tf.constant(2) + 3), sys.modules['__main__'].__dict__ is globals())\n",
        "sub/program.py",
    )
    done = caudal(*prefix, "sub/program.py", "--help", "-x", "a b", cwd=tmp_path)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "__main__ ['sub/program.py', '--help', '-x', 'a b'] sub/program.py 42"
    assert lines[1] == "5 True"
    assert done.returncode == 0 and file.exists()


@pytest.mark.parametrize(
    ("ending", "code", "error"),
    [
        ("", 0, ""),
        ("raise SystemExit", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit('bye')", 1, "bye\n"),
        ("sys.exit(True)", 1, ""),
        ("raise KeyboardInterrupt", 130, None),
        ("1 / 0", 1, None),
    ],
)
def test_exit_codes(script, tmp_path, ending, code, error):
    done = caudal("run", script(f"import sys\nprint('x')\n{ending}\n"), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "x\n")
    assert error is None or done.stderr == error


def test_tracebacks_show_the_program_only(script, tmp_path):
    file = script(
        "import tensorflow as tf\n"
        "def multiply(x):\n"
        "    return tf.matmul(x, tf.ones([4, 5]))\n"
        "multiply(tf.ones([2, 3]))\n"
    )
    done = caudal("run", file, cwd=tmp_path)
    assert done.returncode == 1
    assert "return tf.matmul(x, tf.ones([4, 5]))" in done.stderr
    assert "line 4" in done.stderr and "line 3" in done.stderr
    assert done.stderr.count("File ") == 2, done.stderr
    assert "Error: " in done.stderr.splitlines()[-1]
    full = caudal("run", file, cwd=tmp_path, CAUDAL_TRACEBACK="full")
    assert full.stderr.count("File ") > 2


def test_tracebacks_of_missing_names(script, tmp_path):
    done = caudal("run", script("from tensorflow.keras.layers import Dens\n"), cwd=tmp_path)
    assert done.stderr.count("File ") == 1
    assert "Did you mean: Dense" in done.stderr.splitlines()[-1]
    assert "During handling" not in done.stderr


def test_chained_errors_of_the_program_stay(script, tmp_path):
    file = script("try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e\n")
    done = caudal("run", file, cwd=tmp_path)
    assert "KeyError: 'a'" in done.stderr and "direct cause" in done.stderr
    assert done.stderr.splitlines()[-1] == "ValueError: b"


def test_syntax_errors(script, tmp_path):
    done = caudal("run", script("x = (\n"), cwd=tmp_path)
    assert done.returncode == 1
    assert "SyntaxError" in done.stderr and "caudal" not in done.stderr


def test_encodings(tmp_path):
    (tmp_path / "latin.py").write_bytes(
        "# coding: latin-1\nprint('ñ' == '\\xf1')\n".encode("latin1")
    )
    assert caudal("run", "latin.py", cwd=tmp_path).stdout == "True\n"
    (tmp_path / "bom.py").write_bytes(b"\xef\xbb\xbfprint('ok')\n")
    assert caudal("run", "bom.py", cwd=tmp_path).stdout == "ok\n"


def notebook(cells):
    return json.dumps(
        {
            "nbformat": 4,
            "cells": [{"cell_type": kind, "source": text.splitlines(True)} for kind, text in cells],
        }
    )


CELLS = [
    ("markdown", "# title"),
    ("code", "%matplotlib inline\n!pip install tensorflow\nimport tensorflow as tf"),
    ("code", "%%bash\nrm -rf nothing"),
    ("code", "if True:\n    %time\nprint(int(tf.constant(1) + 1))\ntf.no_such_name"),
]


def test_notebooks(script, tmp_path):
    book = script(notebook(CELLS), "book.ipynb")
    done = caudal("run", book, cwd=tmp_path)
    assert done.stdout == "2\n"
    assert "tf.no_such_name" in done.stderr
    checked = caudal("check", book, cwd=tmp_path)
    assert checked.returncode == 1
    assert "cell 3, line 4: tf.no_such_name" in checked.stdout


def test_timed_cells_of_a_notebook_run(script, tmp_path):
    cells = [
        ("code", "%%time\nx = 3\nprint(x)"),
        ("code", "%time x = x + 1\nprint(x)"),
        ("code", "print('%d'\n%x)"),
    ]
    done = caudal("run", script(notebook(cells), "book.ipynb"), cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("3\n4\n4\n", "")


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("none.py", None, "cannot read"),
        ("bad.ipynb", "{}", "no notebook"),
        ("bytes.py", b"\xff\xfe\x00", "no Python program"),
    ],
)
def test_what_is_no_program(tmp_path, capsys, name, content, text):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    for command in ("run", "check"):
        assert main([command, str(file)]) == 1
        assert text in capsys.readouterr().err
    with pytest.raises((NotFoundError, InvalidArgumentError)):
        read_program(str(file))


# --- check


def missing(text):
    _, found = find_missing(Program(text, "p.py"))
    return [(use.line, use.name) for use in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import tensorflow as tf\ntf.constant(1)\ntf.keras.layers.Dense(3)", []),
        ("import tensorflow as tf\ntf.reduce_summ(1)", [(2, "tf.reduce_summ")]),
        ("import tensorflow as tf\n\ntf.keras.layers.Foo.bar", [(3, "tf.keras.layers.Foo.bar")]),
        ("import tensorflow.keras.layer", [(1, "tf.keras.layer")]),
        ("from tensorflow.keras import layers as L\nL.Dense\nL.Foo", [(3, "tf.keras.layers.Foo")]),
        ("from tensorflow.keras.layers import Dense, Foo", [(1, "tf.keras.layers.Foo")]),
        ("from tensorflow.keras.layers import *", []),
        ("import keras\nkeras.layers.Foo()", [(2, "tf.keras.layers.Foo")]),
        ("import keras.layers as kl\nkl.Foo", [(2, "tf.keras.layers.Foo")]),
        ("from tensorflow.keras.Model import Sequential", [(1, "tf.keras.Model")]),
        ("import tensorflow as tf\nL = tf.keras.layers\nL.Foo", [(3, "tf.keras.layers.Foo")]),
        ("import tensorflow as tf\ntf = other\ntf.Foo", []),
        ("import tensorflow as tf\nfor tf in x:\n    tf.Foo", []),
        ("import tensorflow as tf\ndef f(tf):\n    return tf.Foo\ntf.Foo", [(4, "tf.Foo")]),
        ("import tensorflow as tf\nf = lambda tf: tf.Foo", []),
        ("import tensorflow as tf\nclass A:\n    x = tf.Foo\n    def f(self):\n        tf.Bar",
         [(3, "tf.Foo"), (5, "tf.Bar")]),
        ("import tensorflow as tf\n@tf.fonction\ndef f(): pass", [(2, "tf.fonction")]),
        ("import tensorflow as tf\nprint(tf.__version__, tf.keras.__version__)", []),
        ("import tensorflow as tf\nd = tf.data.Dataset.from_nothing(1)",
         [(2, "tf.data.Dataset.from_nothing")]),
        ("import tensorflow as tf\nd = tf.data.Dataset.range(1).map(f).anything", []),
        ("import caudal as tf\ntf.install()\ntf.keras.layers.Foo", [(3, "tf.keras.layers.Foo")]),
        ("from caudal import hub, tuner\nhub.load\ntuner.Foo", [(3, "keras_tuner.Foo")]),
        ("import numpy as np\nnp.no_such\nfrom os import path\npath.no_such", []),
        ("from . import tensorflow\ntensorflow.Foo", []),
        ("import tensorflow as tf\nwith tf.GradientTape() as tape:\n    tape.gradient(a, b)", []),
    ],
)  # fmt: skip
def test_check(text, expected):
    assert missing(text) == expected


def test_check_runs_nothing_and_hints(script, tmp_path, capsys):
    file = script(
        "import tensorflow as tf\nopen('made', 'w')\ntf.reduce_summ(1)\ntf.reduce_summ(2)\n"
    )
    assert main(["check", str(file)]) == 1
    out = capsys.readouterr().out
    assert f"{file}:3: tf.reduce_summ is not in Caudal. " in out and "reduce_sum" in out
    assert f"{file}:4: " in out and "2 missing" in out
    assert not (tmp_path / "made").exists() and not Path("made").exists()
    good = script("import tensorflow as tf\ntf.constant(1)\n", "good.py")
    assert main(["check", str(good)]) == 0
    assert "all there" in capsys.readouterr().out
    assert main(["check", str(good), str(file)]) == 1
    bad = script("x = (\n", "bad.py")
    assert main(["check", str(bad)]) == 1
    assert "bad.py:1" in capsys.readouterr().err


# --- the rest


def test_help_and_version(capsys):
    assert main([]) == 0
    text = capsys.readouterr().out
    assert all(word in text for word in ("run", "check", "demo", "--version", "KERAS_HOME"))
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("Caudal ")
    with pytest.raises(SystemExit) as leaving:
        main(["demo", "--epochs", "0"])
    assert leaving.value.code == 2
    with pytest.raises(SystemExit) as leaving:
        main(["nonsense"])
    assert leaving.value.code == 2


def test_demo(tmp_path):
    done = caudal("demo", "--output", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Epoch 12/12" in done.stdout
    accuracy = float(done.stdout.split("test accuracy ")[1][:6])
    assert accuracy >= 0.97
    for name in ("learning_curves.png", "predictions.png"):
        data = (tmp_path / "out" / name).read_bytes()
        assert data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) > 5000
        assert str(Path("out") / name) in done.stdout


def test_demo_without_matplotlib(tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError('not here')\n")
    path = os.pathsep.join([str(tmp_path), ROOT])
    done = subprocess.run(
        [sys.executable, "-m", "caudal", "demo", "--epochs", "1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "learning_curves.png, predictions.png" in done.stdout
    assert "pip install" in done.stdout


def test_demo_into_a_file(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["demo", "--output", str(tmp_path / "file")]) == 1
    assert "--output" in capsys.readouterr().err
