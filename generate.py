"""Three knobs and a drum class in, a WAV out: python generate.py --class kick --z 0.1 -0.3 0.5"""

import gc
import sys

if __name__ == "__main__":
    # So short a run leaves nothing worth collecting, and looking for it takes a sixth of the time.
    gc.disable()
    from drumjax.cli.generate import generate

    code = generate()
    gc.freeze()  # nor is there anything to collect at the end
    sys.exit(code)
