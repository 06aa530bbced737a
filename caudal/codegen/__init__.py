"""From fused nodes to machine code: kernels written as LLVM IR text.

``builder`` is the language of lanes, ``vecmath*`` its functions, ``index`` the index arithmetic;
``loops`` evaluates nodes, ``maps``, ``folds``, ``nests`` and ``products`` write the kernels around
it (``contract*`` the register tiles), ``machine`` and ``target`` turn text into code.
"""
