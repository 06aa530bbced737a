"""What stands for a name that Caudal lacks, so that one name does not cost a whole file of tests.

Touching a placeholder ends the test: as a failure if the name is public in Keras, as not
applicable if it is private to an implementation or of a package that is not there. While files are
being imported a touched placeholder gives another one, so that only the tests that use it end.
"""

import numpy as np


class NotApplicable(Exception):
    """The test is about something that is no part of Keras's public interface."""


class MissingName(AttributeError):
    """A public name of Keras that Caudal lacks."""


class _Phase:
    """Whether tests run; before that, files are imported."""

    running = False


phase = _Phase()


class _Placeholder:
    def __init__(self, name):
        object.__setattr__(self, "_placeholder_name", name)

    def _touch(self):
        if phase.running:
            self._end()
        return type(self)(self._placeholder_name)

    def _end(self):
        raise NotImplementedError

    def __getattr__(self, name):
        # Python and pytest ask for such names on their own.
        if name[:2] == "__" or name in ("pytestmark", "_pytestfixturefunction"):
            raise AttributeError(name)
        return type(self)(f"{self._placeholder_name}.{name}")

    def __call__(self, *args, **kwargs):
        return self._touch()

    def __instancecheck__(self, instance):
        return bool(self._touch()) and False

    def __enter__(self):
        return self._touch()

    def __exit__(self, *details):
        return None

    def __bool__(self):
        self._touch()
        return False

    def __eq__(self, other):
        return self is other or bool(self._touch())

    def __hash__(self):
        return id(self)

    def __iter__(self):
        return iter((self._touch(),))

    def __getitem__(self, key):
        return self._touch()

    def __array__(self, *args, **kwargs):
        self._touch()
        return np.zeros((), "int32")

    def __or__(self, other):
        return self._touch()

    __ror__ = __add__ = __radd__ = __or__

    def __mro_entries__(self, bases):
        # A class of a test file that inherits from it: making an instance touches it.
        return (_lazy_base(self),)


def _lazy_base(placeholder):
    class Base:
        def __init_subclass__(cls, **kwargs):
            # Set on the class itself: another base's may come first.
            cls.__new__ = lambda cls, *args, **kwargs: placeholder._touch()

    return Base


class PrivateName(_Placeholder):
    """A name that only Keras's own implementation uses."""

    def _end(self):
        raise NotApplicable(f"uses private name {self._placeholder_name}")


class AbsentPackage(_Placeholder):
    """A name of a package that Caudal does not need and that is not installed."""

    def _end(self):
        package = self._placeholder_name.partition(".")[0]
        if package == "tensorflow":
            raise NotApplicable("uses TensorFlow's private modules")
        raise NotApplicable(f"needs the package {package}")


class MissingPublic(_Placeholder):
    """A public name that Caudal does not have (yet)."""

    def _end(self):
        raise MissingName(f"Caudal has no {self._placeholder_name}")
