"""Records the results of the programs of tests/keras/programs_*.py, in the peers' environment.

PYTHONPATH=tests/keras python tools/record_keras_programs.py [topic ...]
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import programs


def main():
    for topic in sys.argv[1:] or programs.TOPICS:
        found = {}
        for name, function in programs.cases(topic):
            keras.backend.clear_session()
            keras.utils.set_random_seed(1)
            for key, value in function(keras).items():
                found[f"{name}/{key}"] = programs.array(value)
        programs.save(topic, found)
        print(topic, len(found), programs.golden_path(topic).stat().st_size)


main()
