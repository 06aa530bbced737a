"""The pytest plugin that runs one file of Keras's tests against Caudal.

Each result is written at once as a line of JSON, so that a crash or a hang loses nothing else.
"""

import contextlib
import importlib
import json
import os
import re
import signal
import sys
import threading
import traceback
import unittest
import warnings
from types import ModuleType

import pytest

from caudal.errors import CaudalError, CaudalWarning
from keras_judge import counterparts, hook, rules, wheel
from keras_judge.placeholders import phase

RESULTS_KEY = "CAUDAL_JUDGE_RESULTS"
DONE_KEY = "CAUDAL_JUDGE_DONE"
LIMIT_KEY = "CAUDAL_JUDGE_LIMIT"


class Overtime(Exception):
    """A test ran longer than its limit."""


class _Words(threading.local):
    """Whether the present test expected other words in an error than Caudal's."""

    differ = False

    def __init__(self):
        self.said = []


_words = _Words()


def pytest_configure(config):
    config.addinivalue_line("markers", "requires_trainable_backend: needs a backend that trains")
    config.addinivalue_line("markers", "multi_device: needs several devices")
    conftest = ModuleType("conftest")
    conftest.skip_if_backend = counterparts.skip_if_backend
    sys.modules["conftest"] = conftest
    hook.install()
    _forgive_words()
    _replace_helpers()


def _replace_helpers():
    """The helper of tests that looks into a layer's private lists of seeds."""
    helpers = importlib.import_module("keras.src.testing.test_case")
    package = sys.modules["keras.src.testing"]
    for name in dir(helpers):
        if name[:2] != "__":
            package.__dict__[name] = getattr(helpers, name)
    package.__dict__["test_case"] = helpers
    package.__dict__["test_utils"] = importlib.import_module("keras.src.testing.test_utils")


def _forgive_words():
    """Caudal's errors have words of their own: the class of an error is checked, not its text."""

    @contextlib.contextmanager
    def expected(self, kind, pattern, *, msg=None):
        with self.assertRaises(kind, msg=msg) as caught:
            yield caught
        if not re.search(pattern, str(caught.exception)):
            _words.differ = True

    def assert_raises_regex(self, expected_exception, expected_regex, *args, **kwargs):
        if not args:
            return expected(self, expected_exception, expected_regex, **kwargs)
        function, *rest = args
        with expected(self, expected_exception, expected_regex):
            function(*rest, **kwargs)
        return None

    unittest.TestCase.assertRaisesRegex = assert_raises_regex
    for name in ("assertEqual", "assertIn"):
        setattr(unittest.TestCase, name, _forgiving(getattr(unittest.TestCase, name)))
    context = unittest.case._AssertRaisesContext
    leave = context.__exit__

    def leave_and_note(self, kind, error, trace):
        if isinstance(error, CaudalError):
            _words.said.append(str(error))
        return leave(self, kind, error, trace)

    context.__exit__ = leave_and_note
    begin = CaudalWarning.__init__

    def begin_and_note(self, *args):
        _words.said.append(str(args[0]) if args else "")
        begin(self, *args)

    CaudalWarning.__init__ = begin_and_note


def _forgiving(compare):
    """A comparison of texts that holds for what an error or a warning of Caudal's says."""

    def compared(self, first, second, *args, **kwargs):
        try:
            compare(self, first, second, *args, **kwargs)
        except self.failureException:
            texts = [text for text in (first, second) if isinstance(text, str)]
            if len(texts) < 2 or not any(text in _words.said for text in texts):
                raise
            _words.differ = True

    return compared


class JudgedFile(pytest.Module):
    """A test file, imported under the name that it has in Keras."""

    def _getobj(self):
        relative = self.path.relative_to(wheel.tests_folder())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(".".join(relative.with_suffix("").parts))


def pytest_pycollect_makemodule(module_path, parent):
    return JudgedFile.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(config, items):
    done = os.environ.get(DONE_KEY)
    if done and os.path.exists(done):
        with open(done, encoding="utf-8") as lines:
            known = {json.loads(line)["test"] for line in lines}
        items[:] = [item for item in items if _label(item.nodeid) not in known]


def _label(nodeid):
    return nodeid.partition("::")[2] or nodeid


def _write(test, outcome, reason="", **more):
    with open(os.environ[RESULTS_KEY], "a", encoding="utf-8") as lines:
        record = {"test": test, "outcome": outcome, "reason": reason, **more}
        lines.write(json.dumps(record) + "\n")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    _words.differ = False
    _words.said.clear()
    phase.running = True
    _write(_label(item.nodeid), "begun")
    limit = int(os.environ.get(LIMIT_KEY, "60"))

    def stop(signum, frame):
        raise Overtime(f"ran longer than {limit} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(limit)
    try:
        with _classes_known(item.module):
            return (yield)
    finally:
        signal.alarm(0)


def _classes_known(module):
    """Keras finds classes of its own package by their module, and its test files are in there."""
    from caudal.keras.saving import custom_object_scope

    own = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and hasattr(value, "from_config")
    }
    return custom_object_scope(own)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    label = _label(item.nodeid)
    error = call.excinfo.value if call.excinfo is not None else None
    if report.skipped:
        if call.when in ("setup", "call"):
            reason = (
                report.longrepr[2] if isinstance(report.longrepr, tuple) else "expected failure"
            )
            _write(label, "skipped", str(reason))
    elif report.failed:
        rule = rules.not_applicable(error)
        if rule is not None:
            _write(label, "not applicable", rule)
        else:
            _write(label, "failed", rules.cause(error), where=_where(error))
    elif call.when == "call":
        _write(label, "passed", "own words" if _words.differ else "")
    return report


def _where(error):
    """The last lines of the traceback that are in the test, and the last in Caudal."""
    frames = traceback.extract_tb(error.__traceback__)
    shown = [frame for frame in frames if "caudal" in frame.filename or "_test" in frame.filename]
    return [f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in shown[-4:]]


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if report.failed and isinstance(collector, JudgedFile):
        lines = str(report.longrepr).strip().splitlines()
        _write("(the whole file)", "failed", lines[-1])
    return report
