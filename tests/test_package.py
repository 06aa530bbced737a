"""The package itself: versions, typing marker, public names documented, cheap import."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import caudal
from caudal.version import CAUDAL_VERSION

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(caudal.__file__).parent
NEEDS_EXTRAS = {"caudal.cli.pictures": "matplotlib", "caudal.__main__": "sys"}
MODULES = sorted(module.name for module in pkgutil.walk_packages([str(PACKAGE)], "caudal."))


def test_version_is_pyprojects():
    text = (ROOT / "pyproject.toml").read_text()
    assert re.search(rf'^version = "{re.escape(CAUDAL_VERSION)}"$', text, re.M)


def test_typed_and_licensed():
    assert (PACKAGE / "py.typed").is_file()
    assert "Apache License" in (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize("name", MODULES)
def test_module(name):
    """It imports alone, has a docstring, and every name of __all__ exists and is documented."""
    pytest.importorskip(NEEDS_EXTRAS.get(name, "sys"), reason="an extra is not installed")
    module = importlib.import_module(name)
    assert module.__doc__, "no docstring"
    names = getattr(module, "__all__", ())
    assert len(set(names)) == len(names)
    for public in names:
        value = getattr(module, public)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), f"{name}.{public} has no docstring"


def test_modules_are_short():
    long = {
        str(path.relative_to(PACKAGE)): count
        for path in PACKAGE.rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 500
    }
    assert not long


def test_links_of_the_readme_lead_somewhere():
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_import_loads_little():
    code = (
        "import sys, caudal\n"
        "heavy = 'llvmlite h5py PIL rich matplotlib pandas scipy'.split()\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
