"""Functions as ONNX files: ``keras.Model.export("model.onnx")`` is written by this floor.

`translate` walks programs traced at several sizes (the way of `caudal.saved_model`), the families
(`elementwise`, `arrays`, `contractions`, `windows`) write the nodes of each record by the table
in `registry`, `writer` collects them, and `file` makes the message with the onnx package.
"""
