"""Values of the program's own classes: ``types`` (`tf.experimental.ExtensionType`) and their specs.

``fields`` reads the annotations, ``dispatch`` lets ``tf.*`` functions take them, ``specs`` has the
specs of other values.
"""
