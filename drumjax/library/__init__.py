"""A library of the user's own sounds: scanned, searched by sound, mapped."""
