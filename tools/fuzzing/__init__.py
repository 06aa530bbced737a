"""What tools/fuzz_readers.py is made of: mutations of files, and the readers to be fed."""
