"""Runs Keras's own tests against Caudal: see tools/conformance.py."""
