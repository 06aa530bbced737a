"""What the wheel of Keras says about names: which are public, and where each is defined.

Only names are read, by parsing: no code of Keras is run from here.
"""

import ast
import functools
import os
import subprocess
import sys
import zipfile
from pathlib import Path

VERSION = "3.15.1"
ENVIRONMENT_KEY = "CAUDAL_JUDGE_CACHE"


def cache():
    """The folder outside the repository that holds the wheel and its unpacked tests."""
    told = os.environ.get(ENVIRONMENT_KEY)
    return Path(told) if told else Path.home() / ".cache" / "caudal-conformance"


def wheel_path():
    """The wheel, downloaded with pip if it is not there."""
    folder = cache()
    found = sorted(folder.glob(f"keras-{VERSION}-*.whl"))
    if not found:
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder)]
        subprocess.run([*command, f"keras=={VERSION}"], check=True)
        found = sorted(folder.glob(f"keras-{VERSION}-*.whl"))
    return found[0]


def tests_folder():
    """The unpacked test files and their helpers: no package, so that nothing else is imported."""
    folder = cache() / f"tests-{VERSION}"
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        with zipfile.ZipFile(wheel_path()) as archive:
            for name in archive.namelist():
                if is_test_code(name):
                    archive.extract(name, unfinished)
        unfinished.rename(folder)
    return folder


def is_test_code(path):
    """Whether a file of the wheel is a test or one of the helpers of tests."""
    return path.startswith("keras/src/") and (
        path.endswith("_test.py")
        or path in ("keras/src/testing/test_case.py", "keras/src/testing/test_utils.py")
    )


@functools.cache
def _archive():
    return zipfile.ZipFile(wheel_path())


@functools.cache
def files():
    return frozenset(_archive().namelist())


def module_file(module):
    """The file of a module below keras.src in the wheel, or None."""
    stem = module.replace(".", "/")
    return next((path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in files()), None)


@functools.cache
def _tree(path):
    return ast.parse(_archive().read(path))


@functools.cache
def public_names():
    """{(module, name): public dotted name} from the wheel's tree of public names."""
    found = {}
    for path in sorted(files(), key=lambda path: (path.count("/"), path)):
        internal = path.startswith(("keras/src/", "keras/_tf_keras/"))
        if internal or not path.endswith("/__init__.py"):
            continue
        package = path.removesuffix("/__init__.py").replace("/", ".")
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("keras.src"):
                for alias in node.names:
                    origin = _origin(node.module, alias.name)
                    shown = f"{package}.{alias.asname or alias.name}"
                    found.setdefault(origin or (node.module, alias.name), shown)
    return found


@functools.cache
def _bindings(module):
    """{name: None where the module defines it, else (module, name) that it is imported from}."""
    found = {}
    path = module_file(module)
    if path is None:
        return found
    for node in _statements(_tree(path).body):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.setdefault(node.name, None)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if alias.name == "*":
                    for name in _bindings(node.module):
                        found.setdefault(name, (node.module, name))
                else:
                    found.setdefault(alias.asname or alias.name, (node.module, alias.name))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        found.setdefault(name.id, None)
    return found


def _statements(body):
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try)):
            for part in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, part, []))


def _origin(module, name, depth=0):
    """(module, name) where a name is defined, or None if there is no such name."""
    bindings = _bindings(module)
    if name not in bindings:
        return None
    source = bindings[name]
    if source is None or depth > 12 or not source[0].startswith("keras.src"):
        return module, name
    if module_file(f"{source[0]}.{source[1]}"):
        return f"{source[0]}.{source[1]}", ""
    return _origin(*source, depth + 1) or source


def locate(module, name):
    """(module, name, public name or None) of what ``module.name`` means; None: no such name."""
    found = _origin(module, name)
    if found is None:
        return None
    return *found, public_names().get(found)


@functools.cache
def operation(module, name):
    """(arguments of __init__, of call) of an operation's class, without ``self``; else None."""
    path = module_file(module)
    for node in _tree(path).body if path else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            arguments = {
                item.name: [arg.arg for arg in item.args.args[1:] + item.args.kwonlyargs]
                for item in node.body
                if isinstance(item, ast.FunctionDef)
            }
            if "call" in arguments:
                return arguments.get("__init__", []), arguments["call"]
    return None


@functools.cache
def assigned_constant(module, name):
    """The value of a literal assigned at the top of a module; None if there is none."""
    path = module_file(module)
    for node in _tree(path).body if path else ():
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            try:
                return ast.literal_eval(node.value)
            except ValueError:
                return None
    return None


@functools.cache
def function_of(module, name):
    """The function of the same module that calls the operation's class."""
    path = module_file(module)
    for node in _tree(path).body if path else ():
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == name
            for part in ast.walk(node)
        ):
            return node.name
    return None
