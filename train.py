"""Trains drumjax on the built-in drums or on your own: python train.py --stage all --data FOLDER"""

import sys

from drumjax.cli import train

if __name__ == "__main__":
    sys.exit(train())
