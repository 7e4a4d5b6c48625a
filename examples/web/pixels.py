"""Print the SHA-256 of each golden picture's raw RGB pixels, as edgekit reads them: what the page has to hand to the model."""

import hashlib
import json
import sys
from pathlib import Path

from edgekit.datasets.decode import decode

bundle = Path(sys.argv[1])
images = json.loads((bundle / "golden.json").read_text())["images"]
hashes = [hashlib.sha256(decode(bundle / image["file"]).tobytes()).hexdigest() for image in images]
json.dump(hashes, sys.stdout)
