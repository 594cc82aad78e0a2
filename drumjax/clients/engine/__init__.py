"""The engine: the instrument outside Python, in C++, and the file that it plays from."""
