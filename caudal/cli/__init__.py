"""The command `caudal`: run, check, inspect, convert, demo.

``parser`` holds the commands and their help, ``run`` runs a script under the import hook,
``check`` reads one without running it, ``notebook`` reads .ipynb files, ``contents`` reads
model files for ``inspect`` and ``convert``, ``demo`` trains on the
digits in the package and ``pictures`` draws what came of it.
"""

from caudal.cli.parser import main

__all__ = ["main"]
