"""The import hook: `keras.src.*` becomes names of Caudal's objects.

A name of a private module of Keras means, in this order: a counterpart of ours (``counterparts``),
the public name under which Keras offers the same thing, an operation's class made from the public
function, or a placeholder. Test files are the only code that is loaded from the wheel.
"""

import importlib
import importlib.util
import inspect
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType

from keras_judge import counterparts, rules, wheel
from keras_judge.placeholders import AbsentPackage, MissingPublic, PrivateName, phase

ROOT = "keras.src"


class JudgedModule(ModuleType):
    """A module below keras.src; its names are looked up when they are asked for."""

    def __init__(self, name):
        super().__init__(name, "A module of Keras, served by Caudal.")
        self.__path__ = []
        self.__file__ = wheel.module_file(name)

    def __getattr__(self, name):
        if name[:2] == "__":
            raise AttributeError(name)
        value = lookup(self.__name__, name)
        self.__dict__[name] = value
        return value


def lookup(module, name):
    """The object that ``module.name`` means."""
    own = counterparts.find(module, name)
    if own is not None:
        return own
    if module == "keras.src.backend" and name in counterparts.PARTS_OF_BACKEND:
        return importlib.import_module(f"{module}.tensorflow.{name}")
    if wheel.module_file(f"{module}.{name}"):
        return importlib.import_module(f"{module}.{name}")
    found = wheel.locate(module, name)
    if found is None:
        if module == "keras.src.backend":
            return PrivateName(f"{module}.{name}")
        raise AttributeError(f"module {module!r} of Keras has no name {name!r}")
    home, inner, public = found
    if not inner:
        return importlib.import_module(home)
    own = counterparts.find(home, inner)
    if own is not None:
        return own
    if public is not None:
        try:
            return _public(public)
        except (AttributeError, ImportError):
            return MissingPublic(public)
    constant = wheel.assigned_constant(home, inner)
    if constant is not None:
        return constant
    return _operation_class(home, inner) or PrivateName(f"{home}.{inner}")


def _public(dotted):
    owner, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(owner), name)


def _operation_class(module, name):
    """An Operation whose call is the public function; None if the name is no operation's class."""
    arguments = wheel.operation(module, name)
    function_name = arguments and wheel.function_of(module, name)
    if not function_name:
        return None
    function = lookup(module, function_name)
    if isinstance(function, (PrivateName, MissingPublic)):
        return function
    settings, inputs = arguments
    known = list(inspect.signature(function).parameters)
    first = [name for name in known[:1] if name in settings]
    from caudal.keras import Operation

    class Adapter(Operation):
        def __init__(self, *args, name=None, **kwargs):
            super().__init__(name=name)
            self.settings = dict(zip(settings, args, strict=False)) | kwargs

        def call(self, *args, **kwargs):
            # By name where the function has it; otherwise the order of tensors is the same.
            named = dict(zip(inputs, args, strict=False)) | kwargs
            tensors = [v for k, v in named.items() if k not in known]
            tensors += args[len(inputs) :]
            leading = [self.settings[name] for name in first if name in self.settings]
            rest = {k: v for k, v in self.settings.items() if k not in first}
            by_name = {k: v for k, v in named.items() if k in known}
            return function(*leading, *tensors, **by_name, **rest)

        def compute_output_spec(self, *args, **kwargs):
            return self.call(*args, **kwargs)

        def symbolic_call(self, *args, **kwargs):
            return self.call(*args, **kwargs)

    Adapter.__name__ = Adapter.__qualname__ = name
    return Adapter


class JudgeFinder(MetaPathFinder, Loader):
    """Answers for keras.src and everything below it."""

    def find_spec(self, fullname, path, target=None):
        if fullname != ROOT and not fullname.startswith(ROOT + "."):
            return None
        path = fullname.replace(".", "/") + ".py"
        if wheel.is_test_code(path) and path in wheel.files():
            file = str(wheel.tests_folder() / path)
            return importlib.util.spec_from_file_location(
                fullname, file, loader=SourceFileLoader(fullname, file)
            )
        if wheel.module_file(fullname) is None and not _is_folder(fullname):
            return None
        return ModuleSpec(fullname, self, origin="caudal", is_package=True)

    def create_module(self, spec):
        whole = counterparts.module(spec.name)
        return whole if whole is not None else JudgedModule(spec.name)

    def exec_module(self, module):
        """Nothing to run: names are looked up when they are asked for."""


class AbsentModule(ModuleType):
    """A module of a package that is not installed; its names are placeholders."""

    def __init__(self, name):
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name):
        if name[:2] == "__":
            raise AttributeError(name)
        return AbsentPackage(f"{self.__name__}.{name}")


class AbsentFinder(MetaPathFinder, Loader):
    """Answers for packages that tests import and that are no part of Keras or TensorFlow."""

    def find_spec(self, fullname, path, target=None):
        private = rules.PRIVATE_TENSORFLOW.match(fullname)
        if not private and fullname.partition(".")[0] not in rules.PACKAGES:
            return None
        return ModuleSpec(fullname, self, origin="absent", is_package=True)

    def create_module(self, spec):
        return AbsentModule(spec.name)

    def exec_module(self, module):
        """Nothing to run."""


def _is_folder(module):
    prefix = module.replace(".", "/") + "/"
    return any(path.startswith(prefix) for path in wheel.files())


def _spare_files():
    """A missing name of TensorFlow that a file asks for at its import ends no other tests."""
    from caudal.compat.finder import AliasModule
    from caudal.errors import MissingNameError

    found = AliasModule.__getattr__

    def lenient(self, name):
        try:
            return found(self, name)
        except MissingNameError:
            if phase.running:
                raise
            return MissingPublic(f"{self.__name__}.{name}")

    AliasModule.__getattr__ = lenient


def install():
    """Serves tensorflow and keras (Caudal's own hook) and keras.src."""
    from caudal import compat

    compat.install()
    _spare_files()
    sys.meta_path[:0] = [JudgeFinder(), AbsentFinder()]
    import keras

    keras.__dict__["src"] = importlib.import_module(ROOT)
