"""What happens to a program before it runs: ``pipeline`` is the whole way, in order.

``lower``, ``simplify``, ``split``, ``phases`` and ``narrow`` rewrite the graph, ``fuse`` groups
nodes into kernels, ``memory`` lays out what they store.
"""
