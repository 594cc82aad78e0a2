"""Trains drumjax on the built-in drums or on your own: python train.py --data FOLDER"""

import sys

from drumjax.cli.train import train
from drumjax.process import tune_for_training

if __name__ == "__main__":
    tune_for_training()
    sys.exit(train())
