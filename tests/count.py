"""Adds up ctest's reports into the one line that ends a test run.

count.py REPORT.xml... prints `N passed, N failed`; exits 1 if any failed or
if nothing ran. A report that is missing counts as a failure. A test that skips
itself (GTEST_SKIP) is named and counts as neither; one whose program is missing
is a failure.
"""

import sys
import xml.etree.ElementTree as tree


def count(path):
    try:
        root = tree.parse(path).getroot()
    except (OSError, tree.ParseError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 0, 1
    passed = failed = 0
    for case in root.iter("testcase"):
        # ctest says "run", "fail", "notrun" (no such program) or "disabled".
        skipped = case.find("skipped")
        if case.get("status") == "run":
            passed += 1
        elif (skipped is not None
              and skipped.get("message", "").startswith("SKIP_")):
            print(f"skipped: {case.get('name')}")
        elif case.get("status") != "disabled":
            failed += 1
            print(f"failed: {case.get('name')}")
    return passed, failed


counts = [count(path) for path in sys.argv[1:]]
passed = sum(p for p, _ in counts)
failed = sum(f for _, f in counts)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
