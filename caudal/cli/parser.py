"""The command line: what there is and what it says."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from caudal.errors import CaudalError

_COMMANDS = ("run", "check", "inspect", "convert", "demo")
_DESCRIPTION = """\
Runs TensorFlow 2 and Keras programs without TensorFlow: Caudal compiles them itself.

  caudal run script.py [arguments]   run a program as it is, unchanged
  caudal check script.py             list the names it uses that Caudal lacks; runs nothing
  caudal inspect model.keras         print what a model file holds, without building it
  caudal convert model.h5 m.keras    write a model in another format
  caudal demo                        train on handwritten digits that come with Caudal
"""
_EPILOG = """\
"caudal script.py" and "python -m caudal script.py" are short for "caudal run script.py".
Inside a program or a notebook: import caudal; caudal.install() -- or: %load_ext caudal

environment:
  CAUDAL_THREADS=N      number of threads (results do not depend on it)
  CAUDAL_ENGINE=reference
                        compute with NumPy, slowly: for comparison in a doubt
  CAUDAL_CACHE=FOLDER   where compiled code is kept
  CAUDAL_TRACEBACK=full show Caudal's own lines in the tracebacks of "caudal run"
  KERAS_HOME=FOLDER     where data sets are kept (by default ~/.keras)
"""


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="caudal",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="command")

    run = commands.add_parser(
        "run",
        help="run a TensorFlow or Keras program",
        description="Runs a .py or .ipynb file with tensorflow and keras served by Caudal. The "
        "program sees its own arguments, folder and exit code, as with python.",
    )
    run.add_argument("script", help="a .py file, or the code cells of an .ipynb file")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on to the program")

    check = commands.add_parser(
        "check",
        help="list the names that a program uses and Caudal lacks",
        description="Reads .py or .ipynb files without running them and lists every name of "
        "tensorflow and keras that Caudal lacks. Exit code 1 if there is any.",
    )
    check.add_argument("files", nargs="+", metavar="file")

    inspect = commands.add_parser(
        "inspect",
        help="print what a model file holds",
        description="Prints format, versions, layers, and weights with shapes and hashes of a "
        ".keras, .h5, .weights.h5, .safetensors or .onnx file, a checkpoint of TensorFlow or a "
        "SavedModel folder. Nothing in it is built or run.",
    )
    inspect.add_argument("file", help="a file, a folder, or a checkpoint's prefix")

    convert = commands.add_parser(
        "convert",
        help="write a model in another format",
        description="Reads a model and writes it in the format of OUT's suffix: .keras, .h5 or "
        ".hdf5, .onnx, no suffix for a SavedModel folder; .weights.h5, .safetensors or .ckpt (a "
        "checkpoint of TensorFlow) for its weights alone.",
    )
    convert.add_argument("source", metavar="IN")
    convert.add_argument("target", metavar="OUT")
    convert.add_argument(
        "--model", metavar="FILE", help="where IN is weights alone: a model that they belong to"
    )
    convert.add_argument("--force", action="store_true", help="write over OUT")
    convert.add_argument(
        "--text", action="store_true", help="a SavedModel's graph as text, saved_model.pbtxt"
    )

    demo = commands.add_parser(
        "demo",
        help="train a small network on handwritten digits",
        description="Trains a small convolutional network on the 1797 UCI digits inside the "
        "package, and draws its learning curves and 15 predictions (needs matplotlib).",
    )
    demo.add_argument("--output", default="caudal-demo", metavar="DIR", help="folder for pictures")
    demo.add_argument("--epochs", type=_positive, default=12, metavar="N", help="default: 12")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, received {text!r}")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns the exit code: 0, 1 for a failure, 2 for a wrong command line."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and _is_script(arguments[0]):
        arguments.insert(0, "run")
    parser = _build_parser()
    options = parser.parse_args(arguments)
    try:
        if options.version:
            return _print_version()
        if options.command == "run":
            from caudal.cli.run import run

            return run(options.script, options.arguments)
        if options.command == "check":
            from caudal.cli.check import check

            return check(options.files)
        if options.command == "inspect":
            from caudal.cli.inspect import inspect

            return inspect(options.file)
        if options.command == "convert":
            from caudal.cli.convert import convert

            return convert(
                options.source, options.target, options.model, options.force, options.text
            )
        if options.command == "demo":
            from caudal.cli.demo import demo

            return demo(Path(options.output), options.epochs)
    except CaudalError as error:
        print(f"caudal: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader (head, less) has gone: leave quietly, also when Python flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("caudal: interrupted", file=sys.stderr)
        return 130
    parser.print_help()
    return 0


def _is_script(word: str) -> bool:
    if word in _COMMANDS or word.startswith("-"):
        return False
    return word.endswith((".py", ".ipynb")) or os.path.isfile(word)


def _print_version() -> int:
    import platform

    from caudal.compat.names import KERAS_VERSION, TENSORFLOW_VERSION
    from caudal.version import CAUDAL_VERSION

    print(
        f"Caudal {CAUDAL_VERSION} (speaks TensorFlow {TENSORFLOW_VERSION} and "
        f"Keras {KERAS_VERSION}; Python {platform.python_version()})"
    )
    return 0
