"""``tf.compat.v1.gfile``: `tf.io.gfile` under its older names."""

from caudal.io.gfile import GFile
from caudal.io.gfile import copy as Copy
from caudal.io.gfile import exists as Exists
from caudal.io.gfile import glob as Glob
from caudal.io.gfile import isdir as IsDirectory
from caudal.io.gfile import listdir as ListDirectory
from caudal.io.gfile import makedirs as MakeDirs
from caudal.io.gfile import mkdir as MkDir
from caudal.io.gfile import remove as Remove
from caudal.io.gfile import rename as Rename
from caudal.io.gfile import rmtree as DeleteRecursively
from caudal.io.gfile import stat as Stat
from caudal.io.gfile import walk as Walk
from caudal.namespaces import strict

Open = FastGFile = GFile

__all__ = [
    "Copy",
    "DeleteRecursively",
    "Exists",
    "FastGFile",
    "GFile",
    "Glob",
    "IsDirectory",
    "ListDirectory",
    "MakeDirs",
    "MkDir",
    "Open",
    "Remove",
    "Rename",
    "Stat",
    "Walk",
]

__getattr__ = strict(__name__, label="tf.compat.v1.gfile")
