# SPDX-License-Identifier: Apache-2.0
"""All groups of cases, in the order of the files; or those that the arguments name. test/api/run starts this."""
import importlib
import pathlib
import sys

import suite

modules = [importlib.import_module(path.stem) for path in sorted(pathlib.Path(__file__).parent.glob("*_cases.py"))]
sys.exit(suite.main(modules, sys.argv[1:]))
