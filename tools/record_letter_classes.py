"""Records what real TensorFlow (RE2) makes of classes of letters in patterns, for tests/tf.

Run with a Python that has TensorFlow 2.21: ``python tools/record_letter_classes.py``.
"""

import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

TARGET = pathlib.Path(__file__).parent.parent / "tests" / "tf" / "letter_classes.json"
TEXTS = [
    "a, b! C-3_é ß",
    "«Hé», Ⅷ ½ ٣ 漢字 αβΓ",
    "tab\tx\x00\x7f~",
    "$1 + €2 = ^3",
    "a]b[c",
    "  x​ y",
]
PATTERNS = r"""
\pP \PP \p{L} \p{Lu} \P{Lu} \p{^Lu} [\pL\pN]+ [^\pL] [\PL] [[:punct:]] [[:^alpha:]] []\pN]
[^[:space:]x] [^]\pN] \\pP \pN|\pS [[:alpha:]\pN[] \p{Sc} \pM \pZ \pC [\]\pP] \p{Any} [\P{Any}a]
\p{Nope} [[:nope:]] \p
""".split()

found = {}
for pattern in PATTERNS:
    try:
        found[pattern] = [t.decode() for t in tf.strings.regex_replace(TEXTS, pattern, "#").numpy()]
    except tf.errors.InvalidArgumentError:
        found[pattern] = None
data = {"texts": TEXTS, "replaced": found}
TARGET.write_text(json.dumps(data, ensure_ascii=True, indent=1) + "\n")
