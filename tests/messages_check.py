#!/usr/bin/env python3
"""Every message of pages and C is translated in each po/*.po, with its placeholders kept."""
import pathlib
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
sys.exit(subprocess.run([sys.executable, root / "tools/messages.py", "check"], cwd=root).returncode)
