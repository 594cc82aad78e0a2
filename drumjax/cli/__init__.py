"""The two commands, generate.py and train.py: arguments in, files out, one clear line for a mistake."""
