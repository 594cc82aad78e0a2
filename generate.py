"""Three knobs and a drum class in, a WAV out: python generate.py --class kick --z 0.1 -0.3 0.5"""

import sys

from drumjax.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["generate", *sys.argv[1:]]))
