"""The commands generate, train and clients: arguments in, files out, one clear line for a mistake."""
