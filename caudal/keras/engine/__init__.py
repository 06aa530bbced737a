"""What every Keras object stands on.

``layer`` is the base class, ``keras_tensor`` and ``history`` are the functional API's graph,
``shapes`` resolves unknown extents, ``serialization`` turns objects into configurations and back,
``summary`` prints the table, ``policy`` holds dtypes, ``tracking`` finds weights in attributes.
"""
