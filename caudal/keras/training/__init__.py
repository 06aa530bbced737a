"""Training: what ``compile``, ``fit``, ``evaluate`` and ``predict`` do.

``trainer.py`` is the part of a model that users see, ``compiled.py`` holds its loss and metrics,
``data.py`` reads what users pass as data and ``checks.py`` looks for mistakes in it,
``programs.py`` traces steps, ``loops.py`` runs them over an epoch.
"""
