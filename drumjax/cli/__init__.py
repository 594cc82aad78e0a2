"""The commands that have no folder of their own: arguments in, files out, one clear line for a mistake."""
