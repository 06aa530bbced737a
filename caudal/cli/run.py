"""`caudal run`: a program under the import hook, as python would run it."""

from __future__ import annotations

import contextlib
import linecache
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType, TracebackType

from caudal.cli.notebook import read_program
from caudal.errors import CaudalError, InternalError

_PACKAGE = str(Path(__file__).resolve().parent.parent) + os.sep


def run(script: str, arguments: Sequence[str]) -> int:
    """Runs a program; returns its exit code.

    It runs as ``__main__`` with its own arguments and with its folder first on ``sys.path``. An
    error that leaves it is shown with the program's own lines only, unless it is a fault of
    Caudal's or CAUDAL_TRACEBACK=full is set.

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: it is no program.
    """
    from caudal.compat import install

    program = read_program(script)
    install()
    path = os.path.abspath(script)
    # Tracebacks show source lines from here, also those of a notebook.
    linecache.cache[path] = (len(program.text), None, program.text.splitlines(True), path)
    sys.argv[:] = [script, *arguments]
    folder = os.path.dirname(path)
    # python -m caudal puts the working directory first, the command its own folder.
    sys.path[:1] = [folder]
    main = ModuleType("__main__")
    main.__file__ = script
    main.__builtins__ = __builtins__  # type: ignore[attr-defined]
    sys.modules["__main__"] = main
    try:
        code = compile(program.text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        kind, error, _ = sys.exc_info()
        sys.stderr.writelines(traceback.format_exception(kind, error, None))
        return 1
    return _execute(code, main)


def _execute(code: CodeType, main: ModuleType) -> int:
    try:
        exec(code, main.__dict__)
    except SystemExit as leaving:
        return _exit_code(leaving)
    except KeyboardInterrupt as error:
        _show(error)
        return 130
    except BaseException as error:
        _show(error)
        return 1
    finally:
        _flush()
    return 0


def _exit_code(leaving: SystemExit) -> int:
    """As the interpreter does it: a number, nothing, or a text for stderr and 1."""
    if leaving.code is None:
        return 0
    if isinstance(leaving.code, int):
        return leaving.code
    print(leaving.code, file=sys.stderr)
    return 1


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        # It may be closed by the program, or its reader may have gone.
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


def _show(error: BaseException) -> None:
    """Prints a traceback without the frames of Caudal that say nothing to the program's author."""
    hook = sys.excepthook
    if hook is not sys.__excepthook__:
        hook(type(error), error, error.__traceback__)
        return
    sys.stdout.flush()
    trace = error.__traceback__
    if trace is not None:
        trace = trace.tb_next  # the frame above this module's exec
    if not _wants_all(error, trace):
        trace = _users_part(trace)
        error.__suppress_context__ = error.__suppress_context__ or isinstance(error, CaudalError)
        if isinstance(error, CaudalError):
            error.__cause__ = None
    sys.stderr.writelines(traceback.format_exception(type(error), error, trace))


def _is_ours(trace: TracebackType) -> bool:
    file = trace.tb_frame.f_code.co_filename
    return file.startswith((_PACKAGE, "<frozen importlib"))


def _wants_all(error: BaseException, trace: TracebackType | None) -> bool:
    """Whether Caudal's frames matter: on request, and where the fault is Caudal's own."""
    if os.environ.get("CAUDAL_TRACEBACK") == "full" or isinstance(error, InternalError):
        return True
    if isinstance(error, CaudalError | KeyboardInterrupt):
        return False
    last = trace
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and _is_ours(last)


def _users_part(trace: TracebackType | None) -> TracebackType | None:
    """The traceback without Caudal's frames."""
    kept = []
    while trace is not None:
        if not _is_ours(trace):
            kept.append(trace)
        trace = trace.tb_next
    result: TracebackType | None = None
    for entry in reversed(kept):
        result = TracebackType(result, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return result
