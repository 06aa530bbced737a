"""Data files that ship inside the package, each with its source and license beside it.

``digits.npz`` (see digits.txt): 1797 handwritten digits, read by `caudal.keras.datasets.digits`.
"""
