"""How original a sound is: beside the training sounds of a bundle, and beside the sounds of a folder."""
