"""All knowledge about each op: one record per op (see record.py), grouped by family.

Elementwise families are in unary, binary, compare, bitwise, select; structured ones in reduce,
movement, contract, convolution, window, gather, sort, cumulative, random_bits, linear. A program
of other floors reaches a record as ``ops.add``; ``TABLE`` holds them all by name.
"""
