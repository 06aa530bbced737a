"""The array functions of the top-level namespace, and how all namespaces read arguments.

``arguments``: tensors of one dtype, axes, static integers. ``create``: constants and ranges.
``movement``: reshape, join, cut, pad. ``indexing``: gather, scatter, masks, sort.
"""
