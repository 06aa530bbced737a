"""The command `caudal`: run, check, demo.

``parser`` holds the commands and their help, ``run`` runs a script under the import hook,
``check`` reads one without running it, ``notebook`` reads .ipynb files, ``demo`` trains on the
digits in the package and ``pictures`` draws what came of it.
"""

from caudal.cli.parser import main

__all__ = ["main"]
